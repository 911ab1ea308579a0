package dev.ambit.identity.tls;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.util.AttributeKey;

/// Reads the negotiated key exchange out of the ServerHello (RFC 8446 section 4.1.3), which is in
/// clear: the TLS library does not tell. Stands before the TLS handler, changes nothing, and leaves
/// as soon as it knows, or knows that it will not.
public final class KeyExchangeProbe extends ChannelDuplexHandler {
    private static final AttributeKey<String> GROUP =
            AttributeKey.valueOf(KeyExchangeProbe.class, "group");
    private static final String UNKNOWN = "unknown";

    private static final int HANDSHAKE = 22;
    private static final int SERVER_HELLO = 2;
    private static final int KEY_SHARE = 51;

    /// The random that makes a ServerHello a HelloRetryRequest begins so.
    private static final long RETRY = 0xCF21AD74E59A6111L;

    private static final int MAX_HELLO = 4 << 10;

    private final boolean server;
    private final byte[] seen = new byte[MAX_HELLO];
    private int length;

    private KeyExchangeProbe(boolean server) {
        this.server = server;
    }

    public static KeyExchangeProbe onClient() {
        return new KeyExchangeProbe(false);
    }

    public static KeyExchangeProbe onServer() {
        return new KeyExchangeProbe(true);
    }

    /// The group's name as IANA has it, or `unknown`.
    public static String group(Channel channel) {
        var group = channel.attr(GROUP).get();
        return group == null ? UNKNOWN : group;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (!server && message instanceof ByteBuf bytes) {
            look(ctx, bytes);
        }
        ctx.fireChannelRead(message);
    }

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        if (server && message instanceof ByteBuf bytes) {
            look(ctx, bytes);
        }
        ctx.write(message, promise);
    }

    private void look(ChannelHandlerContext ctx, ByteBuf bytes) {
        int take = Math.min(bytes.readableBytes(), MAX_HELLO - length);
        bytes.getBytes(bytes.readerIndex(), seen, length, take);
        length += take;
        while (true) {
            int record = length >= 5 ? 5 + u16(3) : Integer.MAX_VALUE;
            boolean hello = length < 1 || seen[0] == HANDSHAKE;
            if (!hello || (length == MAX_HELLO && record > length)) {
                done(ctx, UNKNOWN);
                return;
            }
            if (record > length) {
                return;
            }
            if (!isRetry()) {
                done(ctx, name(group(record)));
                return;
            }
            length -= record;
            System.arraycopy(seen, record, seen, 0, length);
            // A compatibility ChangeCipherSpec may stand between the two hellos.
            if (length >= 6 && seen[0] == 20) {
                length -= 6;
                System.arraycopy(seen, 6, seen, 0, length);
            }
        }
    }

    private static void done(ChannelHandlerContext ctx, String group) {
        ctx.channel().attr(GROUP).set(group);
        ctx.pipeline().remove(ctx.handler());
    }

    private boolean isRetry() {
        if (length < 5 + 6 + 8) {
            return false;
        }
        long random = 0;
        for (int i = 11; i < 19; i++) {
            random = random << 8 | (seen[i] & 0xff);
        }
        return random == RETRY;
    }

    /// Record header 5, handshake header 4, version 2, random 32, then a session id, a suite, a
    /// compression method and the extensions.
    private int group(int end) {
        if (end < 44 || seen[5] != SERVER_HELLO) {
            return -1;
        }
        int at = 44 + (seen[43] & 0xff) + 2 + 1;
        if (at + 2 > end) {
            return -1;
        }
        int extensions = Math.min(end, at + 2 + u16(at));
        at += 2;
        while (at + 4 <= extensions) {
            int type = u16(at);
            int size = u16(at + 2);
            if (type == KEY_SHARE && size >= 2 && at + 6 <= extensions) {
                return u16(at + 4);
            }
            at += 4 + size;
        }
        return -1;
    }

    private int u16(int at) {
        return (seen[at] & 0xff) << 8 | (seen[at + 1] & 0xff);
    }

    private static String name(int group) {
        return switch (group) {
            case 23 -> "secp256r1";
            case 24 -> "secp384r1";
            case 25 -> "secp521r1";
            case 29 -> "x25519";
            case 4588 -> "X25519MLKEM768";
            case -1 -> UNKNOWN;
            default -> "group " + group;
        };
    }
}
