package dev.ambit.e2e.scenario;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.e2e.mesh.MeshLab;
import dev.ambit.e2e.mesh.MeshPod;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/// Calls to the proxy's own ports, from where they must lead nowhere.
@Tag("lab")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@ParameterizedClass(name = "{0}")
@MethodSource("dev.ambit.e2e.scenario.Pair#all")
@ExtendWith(MatrixTable.class)
class ForbiddenTargetScenario {
    /// Longer than a ztunnel waits to be told about its own pod.
    private static final int SECONDS = 8;

    @TempDir private static Path directory;

    @Parameter private Pair pair;
    private MeshLab mesh;

    /// How a call ends.
    private enum End {
        NO_CONNECTION,
        NO_ANSWER,
        HTTP_ERROR,
        HTTP_OK,
        HANGS
    }

    @BeforeParameterizedClassInvocation
    void up() throws IOException {
        mesh = Meshes.start(directory.resolve(pair.toString()), pair::in);
    }

    @AfterParameterizedClassInvocation
    void down() {
        if (mesh != null) {
            mesh.close();
        }
    }

    @AfterEach
    void othersAreServedStill() {
        assertThat(mesh.curl(mesh.pod("shop/web"), "http://cart.shop/").ok()).isTrue();
    }

    private End call(MeshPod from, String address, int port) {
        Socket open;
        try {
            open =
                    mesh.sockets()
                            .connect(from.place().netns(), InetAddress.ofLiteral(address), port);
        } catch (IOException refused) {
            return End.NO_CONNECTION;
        }
        try (var socket = open) {
            socket.setSoTimeout(SECONDS * 1_000);
            socket.getOutputStream().write("GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(US_ASCII));
            var head = new String(socket.getInputStream().readNBytes(12), US_ASCII);
            if (head.startsWith("HTTP/1.1 ")) {
                return head.startsWith("HTTP/1.1 2") ? End.HTTP_OK : End.HTTP_ERROR;
            }
            return End.NO_ANSWER;
        } catch (SocketTimeoutException silent) {
            return End.HANGS;
        } catch (IOException reset) {
            return End.NO_ANSWER;
        }
    }

    /// A reset may come as early as in `connect`. A real ztunnel lets who speaks no TLS wait.
    private void assertEnds(End end, End expected, MeshPod served) {
        if (expected != End.NO_ANSWER) {
            assertThat(end).isEqualTo(expected);
        } else if (mesh.ambitServes(served)) {
            assertThat(end).isIn(End.NO_ANSWER, End.NO_CONNECTION);
        } else {
            assertThat(end).isIn(End.NO_ANSWER, End.NO_CONNECTION, End.HANGS);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "ztunnel, 15001, NO_ANSWER",
        "ztunnel, 15006, NO_ANSWER",
        "ztunnel, 15008, NO_ANSWER",
        "ztunnel, 15080, NO_ANSWER",
        "ztunnel, 15000, NO_ANSWER",
        "ztunnel, 15020, HTTP_ERROR",
        "ztunnel, 15021, HTTP_ERROR",
        "itself, 15001, NO_ANSWER",
        "itself, 15006, NO_ANSWER",
        "itself, 15008, NO_ANSWER",
        "itself, 15080, NO_CONNECTION",
        "itself, 15000, NO_CONNECTION",
        "itself, 15020, NO_CONNECTION",
        "itself, 15021, NO_CONNECTION",
        "loopback, 15001, NO_ANSWER",
        "loopback, 15006, NO_ANSWER",
        "loopback, 15008, NO_ANSWER",
        "loopback, 15080, NO_CONNECTION",
        "loopback, 15000, NO_CONNECTION",
        "loopback, 15020, NO_CONNECTION",
        "loopback, 15021, NO_CONNECTION"
    })
    void capturedPod_callsTheProxy_leadsNowhere(String target, int port, End expected) {
        var web = mesh.pod("shop/web");
        var address =
                switch (target) {
                    case "ztunnel" -> web.place().node().address().getHostAddress();
                    case "itself" -> web.address();
                    default -> "127.0.0.1";
                };

        assertEnds(call(web, address, port), expected, web);
    }

    @ParameterizedTest
    @CsvSource({
        "ztunnel, 15001, NO_CONNECTION",
        "ztunnel, 15006, NO_CONNECTION",
        "ztunnel, 15008, NO_ANSWER",
        "ztunnel, 15080, NO_CONNECTION",
        "ztunnel, 15000, NO_CONNECTION",
        "ztunnel, 15020, HTTP_ERROR",
        "ztunnel, 15021, HTTP_ERROR",
        "pod, 15001, NO_ANSWER",
        "pod, 15006, NO_ANSWER",
        "pod, 15008, NO_ANSWER",
        "pod, 15080, NO_ANSWER",
        "pod, 15000, NO_ANSWER",
        "pod, 15020, NO_ANSWER",
        "pod, 15021, NO_ANSWER"
    })
    void stranger_callsTheProxy_leadsNowhere(String target, int port, End expected) {
        var batch = mesh.pod("legacy/batch");
        var address =
                target.equals("pod")
                        ? mesh.pod("shop/cart").address()
                        : batch.place().node().address().getHostAddress();

        assertEnds(call(batch, address, port), expected, mesh.pod("shop/web"));
    }
}
