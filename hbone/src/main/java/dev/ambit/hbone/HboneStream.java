package dev.ambit.hbone;

/// One CONNECT stream of a tunnel. Lives on its tunnel's event loop.
public interface HboneStream extends Duplex {
    /// HTTP/2 stream identifier, for logs.
    int id();
}
