package dev.ambit.hbone;

import java.net.InetSocketAddress;

class StockToOursTest extends TunnelContractTest {
    @Override
    InetSocketAddress startServer(InetSocketAddress application) throws Exception {
        return ourServer(HboneLimits.defaults(), application);
    }

    @Override
    InetSocketAddress startClient(InetSocketAddress server) throws Exception {
        var peer = new StockPeer.Client(group.next(), server);
        return (InetSocketAddress) listen(peer::carry).localAddress();
    }
}
