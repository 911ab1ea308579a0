package dev.ambit.ztunnel.dns;

import dev.ambit.ztunnel.dns.DnsDecision.Answer;
import dev.ambit.ztunnel.dns.DnsQuery.Understood;
import java.util.List;
import org.xbill.DNS.ExtendedFlags;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.OPTRecord;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;

/// Writes the answers that the mesh gives itself.
final class DnsReplies {
    /// What every client takes over UDP (RFC 1035 section 4.2.1).
    private static final int PLAIN_UDP_BYTES = 512;

    private DnsReplies() {}

    /// The answer's bytes. The question is repeated as it was asked, upper case letters included.
    ///
    /// @param udpBytes most over UDP, if the client takes as much; what does not fit is left out,
    ///   and the client told to come back over TCP
    static byte[] write(Understood query, Answer answer, boolean tcp, int udpBytes) {
        var asked = query.message();
        var reply = header(asked, answer.rcode());
        reply.getHeader().setFlag(Flags.AA);
        add(reply, answer.answers(), Section.ANSWER);
        add(reply, answer.authority(), Section.AUTHORITY);
        add(reply, answer.additional(), Section.ADDITIONAL);
        echoOptions(asked, reply, udpBytes);
        return reply.toWire(tcp ? Message.MAXLENGTH : takenOverUdp(asked, udpBytes));
    }

    /// An error of ours to a query that was understood.
    static byte[] failure(Understood query, int rcode, int udpBytes) {
        var reply = header(query.message(), rcode);
        echoOptions(query.message(), reply, udpBytes);
        return reply.toWire(Message.MAXLENGTH);
    }

    private static Message header(Message asked, int rcode) {
        var reply = new Message(asked.getHeader().getID());
        var flags = reply.getHeader();
        flags.setFlag(Flags.QR);
        flags.setFlag(Flags.RA);
        flags.setRcode(rcode);
        for (int copied : new int[] {Flags.RD, Flags.CD}) {
            if (asked.getHeader().getFlag(copied)) {
                flags.setFlag(copied);
            }
        }
        reply.addRecord(asked.getQuestion(), Section.QUESTION);
        return reply;
    }

    private static void add(Message reply, List<Record> records, int section) {
        records.forEach(record -> reply.addRecord(record, section));
    }

    /// Whoever speaks EDNS is answered in it (RFC 6891 section 6.1.1); its options are not ours.
    private static void echoOptions(Message asked, Message reply, int udpBytes) {
        var theirs = asked.getOPT();
        if (theirs != null) {
            int flags = theirs.getFlags() & ExtendedFlags.DO;
            reply.addRecord(new OPTRecord(udpBytes, 0, 0, flags), Section.ADDITIONAL);
        }
    }

    private static int takenOverUdp(Message asked, int udpBytes) {
        var options = asked.getOPT();
        int taken = options == null ? PLAIN_UDP_BYTES : options.getPayloadSize();
        return Math.min(Math.max(taken, PLAIN_UDP_BYTES), Math.max(udpBytes, PLAIN_UDP_BYTES));
    }
}
