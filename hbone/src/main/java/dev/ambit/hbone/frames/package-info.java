/// HTTP/2's frames (RFC 9113), as tunnels and requests have them in common.
@org.jspecify.annotations.NullMarked
package dev.ambit.hbone.frames;
