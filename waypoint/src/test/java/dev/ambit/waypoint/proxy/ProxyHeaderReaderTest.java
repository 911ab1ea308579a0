package dev.ambit.waypoint.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.hbone.wire.ProxyProtocolV2;
import dev.ambit.waypoint.proxy.ProxyHeaderReader.Result;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// PROXY headers of both versions.
class ProxyHeaderReaderTest {
    private static final String PEER = "spiffe://cluster.local/ns/shop/sa/client";

    @ParameterizedTest
    @CsvSource({"10.0.0.1, 10.0.0.2", "fd00::1, fd00::2"})
    void version2_asNodesWriteIt_isRead(String from, String to) {
        var source = new InetSocketAddress(from, 4_000);
        var destination = new InetSocketAddress(to, 80);
        var bytes =
                new ProxyProtocolV2(source, destination, Optional.of(PEER))
                        .encode(ByteBufAllocator.DEFAULT);
        int length = bytes.readableBytes();
        for (int cut = 0; cut < length; cut++) {
            assertThat(ProxyHeaderReader.read(bytes.slice(0, cut)))
                    .isEqualTo(new Result.NeedMore());
        }
        bytes.writeByte('x');
        assertThat(ProxyHeaderReader.read(bytes))
                .isEqualTo(new Result.Proxied(length, source, destination, Optional.of(PEER)));
        bytes.release();
    }

    @ParameterizedTest
    @CsvSource({
        "PROXY TCP4 10.0.0.1 10.0.0.2 4000 80, true",
        "PROXY TCP6 fd00::1 fd00::2 4000 80, true",
        "PROXY TCP4 10.0.0.1 10.0.0.2 4000, false",
        "PROXY TCP4 10.0.0.1 10.0.0.2 4000 99999, false",
        "PROXY TCP4 ten 10.0.0.2 4000 80, false",
        "PROXY UDP4 10.0.0.1 10.0.0.2 4000 80, false",
        "GET / HTTP/1.1, false"
    })
    void version1_isReadOrRefused(String line, boolean good) {
        var bytes = Unpooled.copiedBuffer(line + "\r\nrest", StandardCharsets.US_ASCII);
        var result = ProxyHeaderReader.read(bytes);
        if (good) {
            assertThat(result).isInstanceOf(Result.Proxied.class);
            assertThat(((Result.Proxied) result).length()).isEqualTo(line.length() + 2);
            assertThat(((Result.Proxied) result).destination().getPort()).isEqualTo(80);
        } else {
            assertThat(result).isInstanceOf(Result.Invalid.class);
        }
    }

    @Test
    void unknown_isTheProxyItself() {
        var bytes = Unpooled.copiedBuffer("PROXY UNKNOWN\r\n", StandardCharsets.US_ASCII);
        assertThat(ProxyHeaderReader.read(bytes)).isEqualTo(new Result.Local(15));
    }

    @Test
    void line_withoutEnd_isRefused() {
        var bytes = Unpooled.copiedBuffer("PROXY " + "x".repeat(200), StandardCharsets.US_ASCII);
        assertThat(ProxyHeaderReader.read(bytes)).isInstanceOf(Result.Invalid.class);
    }

    @Property(tries = 2_000)
    @Tag("fuzz")
    void anything_isAnswered_andNothingBeyondIsRead(
            @ForAll byte[] rest, @ForAll boolean second, @ForAll boolean begun) {
        var bytes = Unpooled.buffer();
        if (begun) {
            bytes.writeBytes(
                    second
                            ? new byte[] {13, 10, 13, 10, 0, 13, 10, 'Q', 'U', 'I', 'T', 10, 0x21}
                            : "PROXY TCP4 ".getBytes(StandardCharsets.US_ASCII));
        }
        bytes.writeBytes(rest);
        int before = bytes.readableBytes();
        if (ProxyHeaderReader.read(bytes) instanceof Result.Proxied(int length, _, _, _)) {
            assertThat(length).isLessThanOrEqualTo(before);
        }
        assertThat(bytes.readableBytes()).isEqualTo(before);
    }
}
