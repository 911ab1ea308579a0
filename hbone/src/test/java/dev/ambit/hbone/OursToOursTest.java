package dev.ambit.hbone;

import java.net.InetSocketAddress;

class OursToOursTest extends TunnelContractTest {
    @Override
    InetSocketAddress startServer(InetSocketAddress application) throws Exception {
        return ourServer(HboneLimits.defaults(), application);
    }

    @Override
    InetSocketAddress startClient(InetSocketAddress server) throws Exception {
        return ourClient(HboneLimits.defaults(), server);
    }
}
