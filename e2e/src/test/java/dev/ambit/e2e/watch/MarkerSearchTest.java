package dev.ambit.e2e.watch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class MarkerSearchTest {
    private static final byte[] MARKER = bytes("Zaunkoenig-4711");

    @Test
    void marker_acrossThreeSegments_isSeen() {
        var search = new StreamScanner(MARKER);
        search.segment(100, part("....Zaun"));
        search.segment(108, part("koenig"));
        search.segment(114, part("-4711..."));
        assertThat(search.finish()).isTrue();
    }

    @Test
    void marker_segmentsOutOfOrderAcrossSequenceWrap_isSeen() {
        var search = new StreamScanner(MARKER);
        search.segment(-4, part("GET "));
        search.segment(6, part("g-4711"));
        search.segment(0, part("Zaunkoeni"));
        search.segment(-1, part("  Zaunkoeni"));
        assertThat(search.finish()).isFalse();

        var right = new StreamScanner(MARKER);
        right.segment(-4, part("GET "));
        right.segment(9, part("g-4711"));
        right.segment(0, part("Zaunkoeni"));
        assertThat(right.finish()).isTrue();
    }

    @Test
    void marker_halvesInDifferentConnections_isNotSeen() {
        var search = new StreamScanner(MARKER);
        search.opens(1);
        search.segment(1, part("Zaunkoe"));
        search.opens(90_000);
        search.segment(90_000, part("nig-4711"));
        assertThat(search.finish()).isFalse();
    }

    @Test
    void marker_afterReuseOfThePort_isSeen() {
        var search = new StreamScanner(MARKER);
        search.opens(1_000_000);
        search.segment(1_000_000, part("something long before"));
        search.opens(5);
        search.segment(5, part("Zaunkoe"));
        search.segment(12, part("nig-4711"));
        assertThat(search.finish()).isTrue();
    }

    /// However the stream is cut, repeated and shuffled, the marker is found.
    @Property(tries = 300)
    boolean marker_anyCutAndOrder_isSeen(
            @ForAll @Size(min = 1, max = 8) List<@IntRange(min = 1, max = 9) Integer> cuts,
            @ForAll int start,
            @ForAll boolean reversed) {
        byte[] stream = bytes("xxxxxxx" + new String(MARKER, StandardCharsets.UTF_8) + "yyyyyy");
        var segments = new ArrayList<int[]>();
        int at = 0;
        for (int i = 0; at < stream.length; i++) {
            int length = Math.min(cuts.get(i % cuts.size()), stream.length - at);
            segments.add(new int[] {at, length});
            at += length;
        }
        var scanner = new StreamScanner(MARKER);
        scanner.opens(start);
        for (int[] segment : reversed ? segments.reversed() : segments) {
            scanner.segment(start + segment[0], ByteBuffer.wrap(stream, segment[0], segment[1]));
            scanner.segment(start + segment[0], ByteBuffer.wrap(stream, segment[0], segment[1]));
        }
        return scanner.finish();
    }

    @Test
    void frame_ipv4Tcp_isReadWithFlowAndPayload() {
        var packet = Packet.parse(tcpFrame(new byte[] {10, 86, 1, 2}, 41000, 80, 7, "hello"));
        assertThat(packet)
                .isInstanceOfSatisfying(
                        Packet.Tcp.class,
                        tcp -> {
                            assertThat(tcp.flow()).hasToString("10.86.1.2:41000 > 10.86.2.2:80");
                            assertThat(tcp.sequence()).isEqualTo(7);
                            assertThat(StandardCharsets.UTF_8.decode(tcp.payload()).toString())
                                    .isEqualTo("hello");
                        });
    }

    @Property(tries = 1000)
    boolean frame_anyBytes_neverThrows(@ForAll @Size(max = 120) byte[] bytes) {
        return Packet.parse(ByteBuffer.wrap(bytes)) != null;
    }

    /// Damaged headers of an otherwise good packet reach deeper than noise does.
    @Property(tries = 1000)
    boolean frame_damagedTcp_neverThrows(
            @ForAll @IntRange(min = 0, max = 58) int where, @ForAll byte value) {
        var frame = tcpFrame(new byte[] {10, 86, 1, 2}, 41000, 80, 7, "hello");
        frame.put(where, value);
        return Packet.parse(frame) != null;
    }

    @Test
    void capture_endsWithinAFrame_givesTheWholeOnes() throws IOException {
        byte[] frame = tcpFrame(new byte[] {1, 2, 3, 4}, 1, 2, 3, "Zaunkoenig-4711").array();
        byte[] file = pcap(frame, frame);
        byte[] cut = java.util.Arrays.copyOf(file, file.length - 5);
        try (var capture = Capture.read(new ByteArrayInputStream(cut))) {
            var sighting = new MarkerSearch(MARKER).in(capture);
            assertThat(sighting.frames()).isEqualTo(1);
            assertThat(sighting.inClear()).containsExactly("tcp 1.2.3.4:1 > 10.86.2.2:2");
        }
    }

    @Test
    void capture_notPcap_saysSo() {
        assertThatThrownBy(() -> Capture.read(new ByteArrayInputStream(new byte[64])))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("not a pcap file");
    }

    @Test
    void marker_tooShort_isRefused() {
        assertThatThrownBy(() -> new MarkerSearch(bytes("abc"))).hasMessageContaining("at least 8");
    }

    private static ByteBuffer tcpFrame(
            byte[] source, int from, int to, int sequence, String payload) {
        byte[] data = bytes(payload);
        var frame = ByteBuffer.allocate(14 + 20 + 20 + data.length);
        frame.putShort(12, (short) 0x0800);
        frame.put(14, (byte) 0x45).putShort(16, (short) (40 + data.length)).put(23, (byte) 6);
        frame.put(26, source).put(30, new byte[] {10, 86, 2, 2});
        frame.putShort(34, (short) from).putShort(36, (short) to).putInt(38, sequence);
        frame.put(46, (byte) 0x50).put(54, data);
        return frame;
    }

    private static byte[] pcap(byte[]... frames) {
        int size = 24;
        for (byte[] frame : frames) {
            size += 16 + frame.length;
        }
        var file = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
        file.putInt(0xa1b2c3d4).putInt(0).putLong(0).putInt(65535).putInt(1);
        for (byte[] frame : frames) {
            file.putLong(0).putInt(frame.length).putInt(frame.length).put(frame);
        }
        return file.array();
    }

    private static ByteBuffer part(String text) {
        return ByteBuffer.wrap(bytes(text));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
