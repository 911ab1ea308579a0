package dev.ambit.hbone;

import java.net.InetSocketAddress;

class OursToOursTinyWindowsTest extends TunnelContractTest {
    @Override
    InetSocketAddress startServer(InetSocketAddress application) throws Exception {
        return ourServer(limits(1_000, 16_384), application);
    }

    @Override
    InetSocketAddress startClient(InetSocketAddress server) throws Exception {
        return ourClient(limits(3_000, 16_384), server);
    }
}
