package dev.ambit.waypoint.http2;

import static dev.ambit.hbone.frames.Http2.FRAME_HEADER;

import dev.ambit.hbone.frames.BlockGatherer;
import dev.ambit.hbone.frames.ClientPreface;
import dev.ambit.hbone.frames.FrameReader;
import dev.ambit.hbone.frames.Http2;
import dev.ambit.waypoint.http.Headers;
import dev.ambit.waypoint.http.StreamReset;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import org.jspecify.annotations.Nullable;

/// What each frame of the peer means (RFC 9113 section 6).
final class InboundFrames implements FrameReader.Sink, BlockGatherer.Sink {
    private final Http2Engine engine;
    private final FrameReader reader;
    private final BlockGatherer blocks;
    private final HpackDecoder hpack;
    private final FieldCollector.Trailers trailerFields;
    private final InboundGuard guard;
    private @Nullable ClientPreface preface;
    private int dataLength;

    InboundFrames(
            Http2Engine engine, Http2Options options, Http2Limits limits, InboundGuard guard) {
        this.engine = engine;
        this.guard = guard;
        this.reader =
                new FrameReader(
                        ByteBufAllocator.DEFAULT,
                        options.maxFrameBytes(),
                        options.maxFrameBytes(),
                        this);
        this.blocks = new BlockGatherer(limits.headerBlockBytes(), this);
        this.hpack = new HpackDecoder(options.headerTableBytes());
        this.trailerFields =
                new FieldCollector.Trailers(
                        options.maxHeaderBytes(), options.maxHeaders(), options.underscores());
    }

    /// Of a server: frames come behind it.
    void expectPreface() {
        preface = new ClientPreface();
    }

    /// `input` stays the caller's.
    void read(ByteBuf input) throws Http2.ConnectionError {
        if (preface != null) {
            preface.read(input);
        }
        reader.read(input);
    }

    void close() {
        reader.close();
        blocks.close();
    }

    void decode(ByteBuf block, FieldCollector fields) throws Http2.ConnectionError {
        fields.begin();
        hpack.decode(block, fields);
    }

    @Override
    public void onDataFrame(int id, int length) throws Http2.ConnectionError {
        checkOrder(Http2.DATA);
        dataLength = length;
        engine.received.arrived(length);
        engine.received.held(length);
        var stream = engine.stream(id);
        if (stream == null) {
            engine.closedStream(id, "DATA");
            return;
        }
        if (stream.endReceived()) {
            throw new Http2.ConnectionError(
                    Http2.STREAM_CLOSED, "DATA on stream " + id + " after its END_STREAM");
        }
        if (!stream.consumeWindow(length)) {
            throw new Http2.ConnectionError(
                    Http2.FLOW_CONTROL_ERROR, "DATA beyond the window of stream " + id);
        }
        stream.countReceived(FRAME_HEADER + length);
        if (engine.awaitsHead(stream)) {
            engine.malformed(id, stream, Http2Engine.messaging("DATA before the head"));
        }
    }

    @Override
    public void onDataBytes(int id, ByteBuf bytes) {
        int length = bytes.readableBytes();
        var stream = engine.stream(id);
        if (stream != null && !stream.fits(length, false)) {
            bytes.release();
            engine.read(length);
            engine.resetMalformed(stream, Http2Engine.messaging("DATA beyond content-length"));
            return;
        }
        if (stream == null || !stream.deliver(bytes)) {
            bytes.release();
            engine.read(length); // Discarded, so its credit returns at once.
            return;
        }
        engine.topUp();
    }

    @Override
    public void onDataFrameEnd(int id, int padding, boolean endStream)
            throws Http2.ConnectionError {
        guard.payload(dataLength - padding, endStream);
        var stream = engine.stream(id);
        if (stream == null) {
            engine.read(padding);
            return;
        }
        if (padding > 0) {
            stream.discard(padding);
        }
        if (endStream) {
            ended(stream, new Headers());
        }
    }

    private void ended(Http2Stream stream, Headers trailers) {
        if (stream.fits(0, true)) {
            stream.onEndStream(trailers);
        } else {
            engine.resetMalformed(
                    stream, Http2Engine.messaging("body shorter than content-length"));
        }
    }

    @Override
    public void onFrame(int type, int flags, int id, ByteBuf payload) throws Http2.ConnectionError {
        checkOrder(type);
        switch (type) {
            case Http2.HEADERS -> {
                guard.payload(payload.readableBytes(), (flags & Http2.END_STREAM) != 0);
                blocks.headers(flags, id, payload, ByteBufAllocator.DEFAULT);
            }
            case Http2.CONTINUATION -> {
                guard.payload(payload.readableBytes(), false);
                blocks.continuation(flags, id, payload);
            }
            case Http2.SETTINGS -> settings(flags, id, payload);
            case Http2.WINDOW_UPDATE -> windowUpdate(id, payload);
            case Http2.RST_STREAM -> rstStream(id, payload);
            case Http2.PING -> ping(flags, id, payload);
            case Http2.GOAWAY -> goAway(id, payload);
            case Http2.PRIORITY -> priority(id, payload);
            case Http2.PUSH_PROMISE ->
                    throw new Http2.ConnectionError(
                            Http2.PROTOCOL_ERROR, "PUSH_PROMISE (expected: never)");
            default -> {
                // Section 5.5: types that are not known are ignored.
            }
        }
    }

    private void checkOrder(int type) throws Http2.ConnectionError {
        if (blocks.isOpen() && type != Http2.CONTINUATION) {
            throw new Http2.ConnectionError(
                    Http2.PROTOCOL_ERROR, "frame of type " + type + " within a header block");
        }
        if (!engine.peer.received() && type != Http2.SETTINGS) {
            throw new Http2.ConnectionError(
                    Http2.PROTOCOL_ERROR,
                    "first frame of type " + type + " (expected: SETTINGS; not HTTP/2?)");
        }
    }

    @Override
    public void onBlock(int id, ByteBuf block, boolean end) throws Http2.ConnectionError {
        guard.block();
        var stream = engine.stream(id);
        if (stream == null || engine.awaitsHead(stream)) {
            if (stream != null) {
                stream.countReceived(FRAME_HEADER + block.readableBytes());
            }
            engine.onHead(id, stream, block, end);
            return;
        }
        stream.countReceived(FRAME_HEADER + block.readableBytes());
        if (stream.endReceived()) {
            throw new Http2.ConnectionError(
                    Http2.STREAM_CLOSED, "HEADERS on stream " + id + " after its END_STREAM");
        }
        trailerFields.begin();
        hpack.decode(block, trailerFields);
        var broken = trailerFields.broken();
        if (broken != null) {
            engine.malformed(id, stream, broken);
        } else if (!end) {
            engine.malformed(
                    id, stream, Http2Engine.messaging("HEADERS after the head without END_STREAM"));
        } else {
            ended(stream, trailerFields.headers());
        }
    }

    private void settings(int flags, int id, ByteBuf payload) throws Http2.ConnectionError {
        int window = engine.peer.streamWindow();
        if (!engine.peer.read(flags, id, payload)) {
            engine.acknowledged();
            return;
        }
        engine.widen(engine.peer.streamWindow() - window);
        engine.writer.hpack().limit(engine.peer.headerTable());
        engine.writer.settingsAck();
        engine.peer.markReceived();
        engine.onSettings();
    }

    private void windowUpdate(int id, ByteBuf payload) throws Http2.ConnectionError {
        guard.windowUpdate();
        if (payload.readableBytes() != 4) {
            throw new Http2.ConnectionError(Http2.FRAME_SIZE_ERROR, "WINDOW_UPDATE: not 4 bytes");
        }
        int increment = payload.readInt() & 0x7fff_ffff;
        if (id == 0) {
            engine.round.widen(increment);
            return;
        }
        var stream = engine.stream(id);
        if (stream == null) {
            engine.checkOpened(id, "WINDOW_UPDATE");
            return;
        }
        if (increment == 0 || (long) stream.sendWindow + increment > Http2.MAX_WINDOW) {
            int code = increment == 0 ? Http2.PROTOCOL_ERROR : Http2.FLOW_CONTROL_ERROR;
            engine.resetStream(stream, code);
            stream.fail(
                    new StreamReset(
                            StreamReset.Kind.PROTOCOL_ERROR, "WINDOW_UPDATE: " + increment));
            return;
        }
        stream.sendWindow += increment;
        engine.round.add(stream);
    }

    private void rstStream(int id, ByteBuf payload) throws Http2.ConnectionError {
        if (payload.readableBytes() != 4) {
            throw new Http2.ConnectionError(Http2.FRAME_SIZE_ERROR, "RST_STREAM: not 4 bytes");
        }
        var stream = engine.stream(id);
        if (stream == null) {
            engine.checkOpened(id, "RST_STREAM");
            return;
        }
        stream.countReceived(FRAME_HEADER + 4);
        engine.onRstStream(stream, payload.readInt());
    }

    private void priority(int id, ByteBuf payload) throws Http2.ConnectionError {
        guard.priority();
        if (payload.readableBytes() != 5) {
            throw new Http2.ConnectionError(Http2.FRAME_SIZE_ERROR, "PRIORITY: not 5 bytes");
        }
        if (id == 0) {
            throw new Http2.ConnectionError(Http2.PROTOCOL_ERROR, "PRIORITY on stream 0");
        }
    }

    private void ping(int flags, int id, ByteBuf payload) throws Http2.ConnectionError {
        if (payload.readableBytes() != 8) {
            throw new Http2.ConnectionError(Http2.FRAME_SIZE_ERROR, "PING: not 8 bytes");
        }
        if (id != 0) {
            throw new Http2.ConnectionError(Http2.PROTOCOL_ERROR, "PING on stream " + id);
        }
        if ((flags & Http2.ACK) != 0) {
            engine.keepAlive.pingAnswered();
            engine.onPingAck(payload.readLong());
            return;
        }
        engine.writer.ping(Http2.ACK, payload.readLong());
    }

    private void goAway(int id, ByteBuf payload) throws Http2.ConnectionError {
        if (payload.readableBytes() < 8) {
            throw new Http2.ConnectionError(Http2.FRAME_SIZE_ERROR, "GOAWAY: under 8 bytes");
        }
        if (id != 0) {
            throw new Http2.ConnectionError(Http2.PROTOCOL_ERROR, "GOAWAY on stream " + id);
        }
        int last = payload.readInt() & 0x7fff_ffff;
        engine.onGoAway(last, payload.readInt());
    }
}
