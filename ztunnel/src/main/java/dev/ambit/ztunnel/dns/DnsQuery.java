package dev.ambit.ztunnel.dns;

import java.io.IOException;
import java.util.Locale;
import java.util.Optional;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Opcode;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

/// A query as it came, and what we understand of it.
///
/// @param bytes as received; not to be changed
/// @param understood the one question of an ordinary query; empty for everything else, which is
///   handed on
record DnsQuery(byte[] bytes, Optional<Understood> understood) {

    /// @param type as on the wire, 1 to 65535
    record Understood(Message message, Name name, int type) {}

    /// @param bytes that `DnsWire.refuseQuery` lets pass
    static DnsQuery of(byte[] bytes) {
        if (DnsWire.opcode(bytes) != Opcode.QUERY || DnsWire.questions(bytes) != 1) {
            return new DnsQuery(bytes, Optional.empty());
        }
        try {
            var message = new Message(bytes);
            var question = message.getQuestion();
            boolean ordinary =
                    question != null
                            && question.getDClass() == DClass.IN
                            && message.getSection(Section.ANSWER).isEmpty()
                            && message.getSection(Section.AUTHORITY).isEmpty()
                            && (message.getOPT() == null || message.getOPT().getVersion() == 0);
            return new DnsQuery(
                    bytes,
                    ordinary
                            ? Optional.of(
                                    new Understood(message, question.getName(), question.getType()))
                            : Optional.empty());
        } catch (IOException | RuntimeException notUnderstood) {
            // The library throws either for bytes that are no message. They are not ours to judge.
            return new DnsQuery(bytes, Optional.empty());
        }
    }

    /// For metrics: few values, whatever is asked.
    String typeLabel() {
        return understood.map(q -> typeName(q.type()).toLowerCase(Locale.ROOT)).orElse("unknown");
    }

    /// `A`, `HTTPS`; `unknown` for numbers that have no name.
    static String typeName(int type) {
        var name = Type.string(type);
        return name.startsWith("TYPE") ? "unknown" : name;
    }

    /// Whether its answer may be several messages: zone transfers (RFC 5936, RFC 1995).
    boolean manyReplies() {
        int type = understood.map(Understood::type).orElseGet(this::questionType);
        return type == Type.IXFR || type == Type.AXFR;
    }

    /// Of a query that we do not understand as a whole; 0 if it has none.
    private int questionType() {
        int end = DnsWire.questionEnd(bytes);
        return DnsWire.questions(bytes) == 1 && end > 0
                ? (bytes[end - 4] & 0xff) << 8 | (bytes[end - 3] & 0xff)
                : 0;
    }
}
