package dev.ambit.e2e.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class EchoServerTest {
    @Test
    void echo_untilEnd_returnsAllThenCloses() throws Exception {
        assertThat(talk(Mode.ECHO, "good day")).isEqualTo("good day");
    }

    @Test
    void sink_untilEnd_saysHowMany() throws Exception {
        assertThat(talk(Mode.SINK, "12345")).isEqualTo("5\n");
    }

    @Test
    void source_number_sendsThatMuchPattern() throws Exception {
        byte[] got = talk(Mode.SOURCE, "70000\n").getBytes(StandardCharsets.ISO_8859_1);
        assertThat(got).hasSize(70_000);
        assertThat(Pattern.firstDifference(got, got.length, 0)).isEqualTo(-1);
    }

    @Test
    void halfclose_onConnect_greetsAndStillReads() throws Exception {
        assertThat(talk(Mode.HALFCLOSE, "more")).isEqualTo("hello\n");
    }

    @Test
    void reset_afterFirstByte_resets() {
        assertThatThrownBy(() -> talk(Mode.RESET, "x"))
                .isInstanceOf(SocketException.class)
                .hasMessageContaining("reset");
    }

    @Test
    void http_anyPath_saysWhoAnsweredAndWhomItSaw() throws Exception {
        String answer = talk(Mode.HTTP, "GET /hi HTTP/1.0\r\nHost: cart\r\n\r\n");
        assertThat(answer)
                .contains("served-by=shop/web")
                .contains("remote=127.0.0.1")
                .contains("path=/hi")
                .contains("host=cart");
    }

    @Test
    void http_bytes_areThePattern() throws Exception {
        String answer = talk(Mode.HTTP, "GET /bytes/20000 HTTP/1.0\r\n\r\n");
        byte[] body =
                answer.substring(answer.indexOf("\r\n\r\n") + 4)
                        .getBytes(StandardCharsets.ISO_8859_1);
        assertThat(body).hasSize(20_000);
        assertThat(Pattern.firstDifference(body, body.length, 0)).isEqualTo(-1);
    }

    private static String talk(Mode mode, String words) throws Exception {
        var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), freePort());
        try (var server = EchoServer.listen("shop/web", mode, address);
                var socket = new Socket(address.getAddress(), address.getPort())) {
            assertThat(server).isNotNull();
            socket.setSoTimeout(5_000);
            socket.getOutputStream().write(words.getBytes(StandardCharsets.UTF_8));
            socket.shutdownOutput();
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        }
    }

    private static int freePort() throws IOException {
        try (var probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return probe.getLocalPort();
        }
    }
}
