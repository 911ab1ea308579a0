package dev.ambit.hbone.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProxyProtocolV2Test {
    private static final String SIGNATURE = "0d0a0d0a000d0a515549540a";

    private static InetSocketAddress at(String ip, int port) throws Exception {
        return new InetSocketAddress(InetAddress.getByName(ip), port);
    }

    private static String hex(ProxyProtocolV2 header) {
        var bytes = header.encode(UnpooledByteBufAllocator.DEFAULT);
        try {
            return ByteBufUtil.hexDump(bytes);
        } finally {
            bytes.release();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "10.0.0.1, 10.1.0.1, 11000c 0a000001 0a010001",
        "2001:db8::1, 2001:db8::2, 210024 20010db8000000000000000000000001"
                + " 20010db8000000000000000000000002",
        "10.0.0.1, 2001:db8::2, 210024 00000000000000000000ffff0a000001"
                + " 20010db8000000000000000000000002"
    })
    void header_hasTheFamilyOfItsAddresses(String source, String destination, String expected)
            throws Exception {
        var header = new ProxyProtocolV2(at(source, 40000), at(destination, 80), Optional.empty());

        assertThat(hex(header))
                .isEqualTo(SIGNATURE + "21" + expected.replace(" ", "") + "9c40" + "0050");
    }

    @Test
    void peer_isATlvBehindTheAddresses() throws Exception {
        var header =
                new ProxyProtocolV2(
                        at("10.0.0.1", 40000),
                        at("10.1.0.1", 80),
                        Optional.of("spiffe://td/ns/a/sa/b"));

        assertThat(hex(header))
                .isEqualTo(
                        SIGNATURE
                                + "2111"
                                + "0024"
                                + "0a0000010a0100019c400050"
                                + "d00015"
                                + "7370696666653a2f2f74642f6e732f612f73612f62");
    }

    @Test
    void peerThatDoesNotFit_isRefused() {
        assertThatThrownBy(() ->
                        new ProxyProtocolV2(
                                at("10.0.0.1", 1),
                                at("10.0.0.2", 2),
                                Optional.of("x".repeat(65_536))))
                .hasMessageContaining("peer: 65536 characters");
    }
}
