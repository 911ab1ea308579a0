package dev.ambit.hbone;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class OursToOursTest extends TunnelContractTest {
    @Override
    InetSocketAddress startServer(InetSocketAddress application) throws Exception {
        return ourServer(HboneLimits.defaults(), application);
    }

    @Override
    InetSocketAddress startClient(InetSocketAddress server) throws Exception {
        return ourClient(HboneLimits.defaults(), server);
    }

    /// Without GOAWAY, and with sockets that may be half open.
    @Test
    @Timeout(20)
    void tunnelThatIsClosed_endsItsStreams_onBothSides() throws Exception {
        var server = startServer(application.address());
        try (var between = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            entry = startClient((InetSocketAddress) between.getLocalSocketAddress());
            var socket = connect();
            var toClient = between.accept();
            var toServer = new Socket(server.getAddress(), server.getPort());
            copy(toClient, toServer);
            copy(toServer, toClient);
            var served = application.next();
            socket.getOutputStream().write(1);
            assertThat(served.getInputStream().read()).isEqualTo(1);

            toClient.shutdownOutput();
            toServer.shutdownOutput();

            for (var left : List.of(socket, served)) {
                assertThat(readToEnd(left)).isNotNull();
                left.close();
            }
            toClient.close();
            toServer.close();
        }
    }

    private static void copy(Socket from, Socket to) {
        CompletableFuture.runAsync(
                () -> {
                    try {
                        from.getInputStream().transferTo(to.getOutputStream());
                    } catch (IOException closed) {
                        // The test has closed it.
                    }
                },
                VIRTUAL);
    }
}
