package dev.ambit.hbone;

import java.net.InetSocketAddress;

/// A tunnel in a tunnel, over real sockets: the entry opens an outer tunnel to a gateway that
/// passes the bytes on, and the inner one through it to the server proper.
class OursThroughAGatewayTest extends TunnelContractTest {
    /// Tiny, so that the outer tunnel's windows are what holds the inner one back.
    private static final HboneLimits OUTER = limits(1 << 15, 1 << 14);

    private static final HboneLimits INNER = limits(1 << 17, 1 << 14);

    @Override
    InetSocketAddress startServer(InetSocketAddress application) throws Exception {
        return ourServer(OUTER, ourServer(INNER, application));
    }

    @Override
    InetSocketAddress startClient(InetSocketAddress server) throws Exception {
        var inner = TestTls.client("client", "server");
        return ourClient(
                OUTER,
                server,
                (outer, joined) ->
                        NestedTunnel.open(
                                outer,
                                inner,
                                ConnectRequest.to("app:80", "", "", "").throughGateway("east"),
                                INNER,
                                joined));
    }
}
