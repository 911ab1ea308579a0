import org.jspecify.annotations.NullMarked;

/// Bytes in tunnels: HTTP/2 CONNECT over mutual TLS. Knows no identities.
@NullMarked
module dev.ambit.hbone {
    requires static org.jspecify;
    requires transitive io.netty.buffer;
    requires transitive io.netty.common;
    requires transitive io.netty.handler;
    requires transitive io.netty.transport;
    requires io.netty.codec;
    requires io.netty.transport.unix.common;
    requires io.netty.codec.http2;

    exports dev.ambit.hbone;
    exports dev.ambit.hbone.frames;
    exports dev.ambit.hbone.wire;
}
