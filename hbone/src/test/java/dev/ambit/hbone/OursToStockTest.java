package dev.ambit.hbone;

import java.net.InetSocketAddress;

class OursToStockTest extends TunnelContractTest {
    @Override
    InetSocketAddress startServer(InetSocketAddress application) throws Exception {
        return (InetSocketAddress)
                listen(channel -> StockPeer.serve(channel, application)).localAddress();
    }

    @Override
    InetSocketAddress startClient(InetSocketAddress server) throws Exception {
        return ourClient(HboneLimits.defaults(), server);
    }
}
