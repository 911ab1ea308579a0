package dev.ambit.waypoint.http2;

import static dev.ambit.hbone.frames.Http2.FRAME_HEADER;

import dev.ambit.hbone.frames.Http2;
import dev.ambit.waypoint.http.StreamReset;
import java.util.ArrayDeque;

/// Sends what streams have queued: each in turn one frame, while its window, the connection's
/// window and the buffer below have room. So a busy stream can't hold back the others.
///
/// Flushes once: at the end of the burst that is being read, or of this turn of the loop.
final class SendRound {
    private final Http2Engine engine;
    private final FrameWriter writer;
    private final InboundGuard guard;
    private final Runnable later = this::runLater;
    private final ArrayDeque<Http2Stream> waiting = new ArrayDeque<>();
    private int window = Http2.DEFAULT_WINDOW;
    private boolean scheduled;
    private boolean running;
    private boolean again;
    private boolean closed;

    SendRound(Http2Engine engine, FrameWriter writer, InboundGuard guard) {
        this.engine = engine;
        this.writer = writer;
        this.guard = guard;
    }

    void add(Http2Stream stream) {
        if (!stream.inRound && stream.canSend()) {
            stream.inRound = true;
            waiting.add(stream);
        } else if (!stream.inRound) {
            stream.awaitFlush();
        }
    }

    /// WINDOW_UPDATE for the connection.
    void widen(int increment) throws Http2.ConnectionError {
        if (increment == 0) {
            throw new Http2.ConnectionError(Http2.PROTOCOL_ERROR, "WINDOW_UPDATE: 0");
        }
        if ((long) window + increment > Http2.MAX_WINDOW) {
            throw new Http2.ConnectionError(
                    Http2.FLOW_CONTROL_ERROR,
                    "WINDOW_UPDATE: " + increment + " overflows the connection's window");
        }
        window += increment;
    }

    void want() {
        if (!scheduled && !engine.inBurst() && !running && !closed) {
            scheduled = true;
            engine.loop().execute(later);
        }
    }

    private void runLater() {
        scheduled = false;
        run();
    }

    void run() {
        if (engine.inBurst() || closed) {
            return;
        }
        if (running) {
            again = true;
            return;
        }
        running = true;
        try {
            do {
                again = false;
                send();
                checkPeerReads();
                if (writer.hasUnflushed()) {
                    writer.flush();
                }
            } while (again && !closed);
        } finally {
            running = false;
        }
    }

    private void send() {
        int most = engine.limits().writeBufferBytes();
        int idle = 0;
        while (idle < waiting.size() && writer.untaken() < most) {
            var stream = waiting.remove();
            stream.inRound = false;
            if (!stream.canSend()) {
                stream.awaitFlush();
                continue;
            }
            if (stream.hasQueued() && window <= 0) {
                stream.inRound = true;
                waiting.add(stream);
                idle++;
                continue;
            }
            idle = 0;
            sendOne(stream);
            add(stream);
        }
        if (idle > 0) {
            waiting.forEach(Http2Stream::awaitFlush);
        }
    }

    private void sendOne(Http2Stream stream) {
        int id = stream.id;
        if (!stream.hasQueued()) {
            sendEnd(stream);
            return;
        }
        int most = Math.min(engine.peer.maxFrame(), Math.min(window, stream.sendWindow));
        int length = Math.min(most, stream.queued());
        boolean last = stream.endFollows(length) && stream.trailers() == null;
        writer.dataHeader(id, length, last ? Http2.END_STREAM : 0);
        stream.take(length, writer);
        window -= length;
        guard.dataSent();
        stream.countSent(FRAME_HEADER + length);
        stream.taken(length);
        if (last) {
            stream.endWasSent();
        }
    }

    private void sendEnd(Http2Stream stream) {
        var trailers = stream.trailers();
        if (trailers == null) {
            writer.dataHeader(stream.id, 0, Http2.END_STREAM);
            guard.dataSent();
            stream.countSent(FRAME_HEADER);
        } else {
            stream.countSent(writer.trailers(trailers, stream.id, engine.peer.maxFrame()));
        }
        stream.endWasSent();
    }

    /// DATA waits for room, but answers to what the peer sends don't: a peer that asks and never
    /// reads would have them pile up here.
    private void checkPeerReads() {
        var outbound = writer.outbound();
        if (outbound.control() > engine.limits().outboundControlFrames()) {
            flooded("http2.outbound_control_frames_flood");
        } else if (outbound.count() > engine.limits().outboundFrames()) {
            flooded("http2.outbound_frames_flood");
        }
    }

    private void flooded(String details) {
        engine.close(
                Http2.ENHANCE_YOUR_CALM, new StreamReset(StreamReset.Kind.PROTOCOL_ERROR, details));
    }

    void close() {
        closed = true;
        waiting.clear();
    }
}
