package dev.ambit.e2e.watch;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Looks through a capture for a marker, per direction of each TCP connection and in each other
/// packet.
final class MarkerSearch {
    private static final int SHORTEST_MARKER = 8;

    private final byte[] marker;
    private final Map<Packet.Flow, StreamScanner> flows = new LinkedHashMap<>();
    private final List<String> others = new ArrayList<>();
    private long frames;
    private long bytes;

    MarkerSearch(byte[] marker) {
        if (marker.length < SHORTEST_MARKER) {
            throw new IllegalArgumentException(
                    "marker of %d bytes (expected: at least %d, or chance would find it)"
                            .formatted(marker.length, SHORTEST_MARKER));
        }
        this.marker = marker.clone();
    }

    Sighting in(Capture capture) throws IOException {
        for (var frame = capture.next(); frame.isPresent(); frame = capture.next()) {
            look(frame.get());
        }
        var seen = new ArrayList<>(others);
        flows.forEach((flow, scanner) -> {
            if (scanner.finish()) {
                seen.add("tcp " + flow);
            }
        });
        return new Sighting(frames, bytes, seen);
    }

    private void look(ByteBuffer frame) {
        frames++;
        bytes += frame.remaining();
        switch (Packet.parse(frame)) {
            case Packet.Tcp(var flow, boolean opens, int sequence, var payload) -> {
                var scanner = flows.computeIfAbsent(flow, key -> new StreamScanner(marker));
                if (opens) {
                    scanner.opens(sequence);
                }
                scanner.segment(sequence, payload);
            }
            case Packet.Other(var raw) -> {
                if (StreamScanner.contains(raw.array(), marker)) {
                    others.add("frame " + frames + " (not TCP)");
                }
            }
        }
    }
}
