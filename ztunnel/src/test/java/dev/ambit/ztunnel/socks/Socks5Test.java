package dev.ambit.ztunnel.socks;

import static dev.ambit.ztunnel.MeshOf.at;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.ztunnel.socks.Socks5.Message;
import dev.ambit.ztunnel.socks.Socks5.Request;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.time.Duration;
import java.util.function.Function;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class Socks5Test {
    private static ByteBuf hex(String text) {
        return Unpooled.wrappedBuffer(ByteBufUtil.decodeHexDump(text.replace(" ", "")));
    }

    @Test
    void greetingWithNoAuthentication_isOne_andOnlyItIsTaken() {
        var in = hex("05 02 02 00 05");

        assertThat(Socks5.greeting(in)).isEqualTo(new Message.Greeting());
        assertThat(in.readableBytes()).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({
        "04 01 00, -1, version 4 (expected: SOCKS 5)",
        "47, -1, version 71 (expected: SOCKS 5)",
        "05 00, 255, '0 methods (expected: one is 0, no authentication)'",
        "05 02 01 02, 255, '2 methods (expected: one is 0, no authentication)'"
    })
    void otherGreetings_areBad(String bytes, int code, String why) {
        assertThat(Socks5.greeting(hex(bytes))).isEqualTo(new Message.Bad(code, why));
    }

    @Test
    void request_namesAnAddressOrAHostname() {
        assertThat(Socks5.request(hex("05 01 00 01 0a010001 0050")))
                .isEqualTo(new Request.Address(at("10.1.0.1", 80)));
        assertThat(Socks5.request(hex("05 01 00 04 20010db8000000000000000000000001 0050")))
                .isEqualTo(new Request.Address(at("2001:db8::1", 80)));
        assertThat(Socks5.request(hex("05 01 00 03 04 63617274 0050")))
                .isEqualTo(new Request.Hostname("cart", 80));
        assertThat(Socks5.request(hex("05 01 00 03 08 31302e312e302e31 0050")))
                .as("an address as text")
                .isEqualTo(new Request.Address(at("10.1.0.1", 80)));
    }

    @ParameterizedTest
    @CsvSource({
        "05 02 00 01 0a010001 0050, 7, 'version 5, command 2 (expected: 5, CONNECT)'",
        "04 01 00 01 0a010001 0050, 7, 'version 4, command 1 (expected: 5, CONNECT)'",
        "05 01 00 02 0a010001 0050, 8, 'address type 2 (expected: 1, 3 or 4)'",
        "05 01 00 01 0a010001 0000, 1, port 0 (expected: 1 to 65535)",
        "05 01 00 03 00 0050, 1, hostname of 0 bytes (expected: ASCII)",
        "05 01 00 03 02 e420 0050, 1, hostname of 2 bytes (expected: ASCII)"
    })
    void otherRequests_areBad(String bytes, int code, String why) {
        assertThat(Socks5.request(hex(bytes))).isEqualTo(new Message.Bad(code, why));
    }

    @Test
    void refusals_areAnsweredInTheFormTheClientExpects() {
        assertThat(Socks5.refusal(Socks5.SILENCE)).isEmpty();
        assertThat(Socks5.refusal(Socks5.NO_METHOD)).containsExactly(5, 0xff);
        assertThat(Socks5.refusal(Socks5.HOST_UNREACHABLE))
                .containsExactly(5, 4, 0, 1, 0, 0, 0, 0, 0, 0);
        assertThat(Socks5.success()).containsExactly(5, 0, 0, 1, 0, 0, 0, 0, 0, 0);
    }

    @Test
    void limits_arePinned() {
        assertThat(SocksLimits.defaults())
                .isEqualTo(
                        new SocksLimits(
                                Duration.ofSeconds(10),
                                Duration.ofSeconds(10),
                                Duration.ofSeconds(5)));
    }

    /// However the bytes come, the message is the same; what is incomplete takes nothing.
    @Tag("fuzz")
    @Property
    void anyBytes_areParsedWithoutFailing_andAlikeInPieces(@ForAll byte[] bytes) {
        check(bytes, Socks5::greeting);
        check(bytes, Socks5::request);
        var valid = bytes.clone();
        byte[] head = {5, 1, 0, (byte) (valid.length > 3 ? valid[3] & 3 : 1)};
        System.arraycopy(head, 0, valid, 0, Math.min(4, valid.length));
        check(valid, Socks5::request);
    }

    private static void check(byte[] bytes, Function<ByteBuf, Message> parser) {
        var whole = Unpooled.wrappedBuffer(bytes);
        var expected = parser.apply(whole);
        var piecemeal = Unpooled.buffer();
        Message got = new Message.Incomplete();
        for (byte b : bytes) {
            piecemeal.writeByte(b);
            got = parser.apply(piecemeal);
            if (!(got instanceof Message.Incomplete)) {
                break;
            }
            assertThat(piecemeal.readerIndex()).isZero();
        }
        assertThat(got).isEqualTo(expected);
        if (!(expected instanceof Message.Incomplete) && !(expected instanceof Message.Bad)) {
            assertThat(piecemeal.readableBytes()).isZero();
        }
    }
}
