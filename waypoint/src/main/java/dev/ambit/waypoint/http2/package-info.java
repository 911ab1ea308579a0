/// HTTP/2 for requests (RFC 9113), both sides, over any `Duplex`.
@org.jspecify.annotations.NullMarked
package dev.ambit.waypoint.http2;
