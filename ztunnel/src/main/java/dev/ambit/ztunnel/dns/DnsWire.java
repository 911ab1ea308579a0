package dev.ambit.ztunnel.dns;

import java.util.Optional;

/// What has to be known of a DNS message to hand it on as it is: id, flags and where the question
/// ends (RFC 1035 section 4.1). Reads strangers' bytes, so everything has a bound.
final class DnsWire {
    static final int HEADER_BYTES = 12;
    static final int SERVFAIL = 2;

    private static final int QR = 0x80;
    private static final int OPCODE_MASK = 0x78;
    private static final int RD = 0x01;
    private static final int TC = 0x02;
    private static final int RA = 0x80;
    private static final int CD = 0x10;
    private static final int RCODE_MASK = 0x0f;
    private static final int LONGEST_LABEL = 63;

    private DnsWire() {}

    /// Whether it can be taken as a query, be it one we understand or not.
    static Optional<DnsRefusal> refuseQuery(byte[] message) {
        if (message.length < HEADER_BYTES) {
            return Optional.of(DnsRefusal.TOO_SHORT);
        }
        return (message[2] & QR) != 0 ? Optional.of(DnsRefusal.NOT_A_QUERY) : Optional.empty();
    }

    /// Whether a message is no reply to a query as it was sent, id and all. What is asked must come
    /// back: names in any case, everything else byte for byte. A server that did not understand may
    /// leave the question out, but then it has to say so by its code.
    ///
    /// @param continued whether replies came before: those that follow in a zone transfer may leave
    ///   the question out (RFC 5936 section 2.2.1)
    static Optional<DnsRefusal> refuseReply(byte[] query, byte[] reply, boolean continued) {
        if (reply.length < HEADER_BYTES) {
            return Optional.of(DnsRefusal.TOO_SHORT);
        }
        if (id(reply) != id(query)) {
            return Optional.of(DnsRefusal.OTHER_ID);
        }
        if ((reply[2] & QR) == 0) {
            return Optional.of(DnsRefusal.NOT_A_REPLY);
        }
        boolean sameKind = (reply[2] & OPCODE_MASK) == (query[2] & OPCODE_MASK);
        return sameKind && (continued && questions(reply) == 0 || sameQuestion(query, reply))
                ? Optional.empty()
                : Optional.of(DnsRefusal.OTHER_QUESTION);
    }

    private static boolean sameQuestion(byte[] query, byte[] reply) {
        int asked = questions(query);
        int end = questionEnd(query);
        if (asked == 0 || end < 0) {
            // Nothing to compare with: id and opcode have to do.
            return true;
        }
        if (questions(reply) == 0) {
            return rcode(reply) != 0 || (query[2] & OPCODE_MASK) != 0;
        }
        return questions(reply) == asked && reply.length >= end && equalNames(query, reply, end);
    }

    /// Both have, up to `end`, the same questions. Walks the query's, whose names were checked.
    private static boolean equalNames(byte[] query, byte[] reply, int end) {
        int at = HEADER_BYTES;
        while (at < end) {
            int length;
            while ((length = query[at] & 0xff) != 0) {
                if (reply[at] != query[at]) {
                    return false;
                }
                for (int i = at + 1; i <= at + length; i++) {
                    if (lower(query[i]) != lower(reply[i])) {
                        return false;
                    }
                }
                at += 1 + length;
            }
            // The root, type and class.
            for (int i = at; i < at + 5; i++) {
                if (query[i] != reply[i]) {
                    return false;
                }
            }
            at += 5;
        }
        return true;
    }

    /// Where the question section ends; -1 if it can't be walked. A name in it has nothing before
    /// it to point to, so a compressed one can't be either.
    static int questionEnd(byte[] message) {
        int at = HEADER_BYTES;
        for (int i = 0; i < questions(message); i++) {
            while (true) {
                if (at >= message.length) {
                    return -1;
                }
                int length = message[at] & 0xff;
                if (length == 0) {
                    break;
                }
                if (length > LONGEST_LABEL) {
                    return -1;
                }
                at += 1 + length;
            }
            at += 5;
            if (at > message.length) {
                return -1;
            }
        }
        return at;
    }

    /// Header and question of the query with an error code: an answer that even a query that was
    /// not understood can be given.
    static byte[] failure(byte[] query, int rcode) {
        int end = questionEnd(query);
        boolean withQuestion = end > 0;
        var reply = new byte[withQuestion ? end : HEADER_BYTES];
        reply[0] = query[0];
        reply[1] = query[1];
        reply[2] = (byte) (QR | (query[2] & (OPCODE_MASK | RD)));
        reply[3] = (byte) (RA | (query[3] & CD) | rcode);
        if (withQuestion) {
            System.arraycopy(query, 4, reply, 4, 2);
            System.arraycopy(query, HEADER_BYTES, reply, HEADER_BYTES, end - HEADER_BYTES);
        }
        return reply;
    }

    static byte[] withId(byte[] message, int id) {
        var copy = message.clone();
        copy[0] = (byte) (id >> 8);
        copy[1] = (byte) id;
        return copy;
    }

    static int id(byte[] message) {
        return number(message, 0);
    }

    static int opcode(byte[] message) {
        return (message[2] & OPCODE_MASK) >> 3;
    }

    static int rcode(byte[] message) {
        return message[3] & RCODE_MASK;
    }

    static boolean truncated(byte[] message) {
        return (message[2] & TC) != 0;
    }

    static int questions(byte[] message) {
        return number(message, 4);
    }

    static int answers(byte[] message) {
        return number(message, 6);
    }

    private static int number(byte[] message, int at) {
        return (message[at] & 0xff) << 8 | (message[at + 1] & 0xff);
    }

    private static byte lower(byte c) {
        return c >= 'A' && c <= 'Z' ? (byte) (c + ('a' - 'A')) : c;
    }
}
