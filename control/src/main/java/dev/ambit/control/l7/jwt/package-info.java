/// Keys of token issuers: fetched and kept here, sent inline to waypoints.
@org.jspecify.annotations.NullMarked
package dev.ambit.control.l7.jwt;
