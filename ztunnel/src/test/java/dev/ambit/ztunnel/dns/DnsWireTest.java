package dev.ambit.ztunnel.dns;

import static dev.ambit.ztunnel.dns.DnsMesh.name;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.DClass;
import org.xbill.DNS.ExtendedFlags;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.OPTRecord;
import org.xbill.DNS.Opcode;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

class DnsWireTest {
    private static Message query(String host, int type) {
        return Message.newQuery(Record.newRecord(name(host), type, DClass.IN));
    }

    private static byte[] replyTo(Message query, String host, int type, int rcode) {
        var reply = new Message(query.getHeader().getID());
        reply.getHeader().setFlag(Flags.QR);
        reply.getHeader().setOpcode(query.getHeader().getOpcode());
        reply.getHeader().setRcode(rcode);
        if (!host.isEmpty()) {
            reply.addRecord(Record.newRecord(name(host), type, DClass.IN), Section.QUESTION);
        }
        return reply.toWire();
    }

    private static final Message QUERY = query("www.Example.com", Type.A);

    private static boolean taken(byte[] reply) {
        return DnsWire.refuseReply(QUERY.toWire(), reply, false).isEmpty();
    }

    private static DnsRefusal refusal(byte[] reply) {
        return DnsWire.refuseReply(QUERY.toWire(), reply, false).orElseThrow();
    }

    @Test
    void reply_toTheSameQuestion_isTakenInAnyCase() {
        assertThat(taken(replyTo(QUERY, "www.Example.com", Type.A, 0))).isTrue();
        assertThat(taken(replyTo(QUERY, "WWW.example.COM", Type.A, 0))).isTrue();
    }

    @Test
    void reply_forAnotherQuestion_isRefused() {
        assertThat(refusal(replyTo(QUERY, "www.example.org", Type.A, 0)))
                .isEqualTo(DnsRefusal.OTHER_QUESTION);
        assertThat(refusal(replyTo(QUERY, "www.example.com", Type.AAAA, 0)))
                .isEqualTo(DnsRefusal.OTHER_QUESTION);
        assertThat(refusal(replyTo(QUERY, "", Type.A, 0))).isEqualTo(DnsRefusal.OTHER_QUESTION);
        assertThat(DnsRefusal.OTHER_QUESTION.text()).isEqualTo("a DNS reply for another question");
    }

    @Test
    void reply_withoutQuestion_isTakenWithAnErrorOrInATransfer() {
        var bare = replyTo(QUERY, "", Type.A, 0);

        assertThat(taken(replyTo(QUERY, "", Type.A, Rcode.FORMERR))).isTrue();
        assertThat(DnsWire.refuseReply(QUERY.toWire(), bare, true)).isEmpty();
    }

    @Test
    void reply_withAnotherId_orNoReply_orCut_isRefused() {
        var other = DnsWire.withId(replyTo(QUERY, "www.example.com", Type.A, 0), 1);
        var same = DnsWire.withId(QUERY.toWire(), 2);

        assertThat(DnsWire.refuseReply(same, other, false)).contains(DnsRefusal.OTHER_ID);
        assertThat(refusal(QUERY.toWire())).isEqualTo(DnsRefusal.NOT_A_REPLY);
        assertThat(refusal(new byte[11])).isEqualTo(DnsRefusal.TOO_SHORT);
        var whole = replyTo(QUERY, "www.example.com", Type.A, 0);
        assertThat(refusal(java.util.Arrays.copyOf(whole, whole.length - 1)))
                .isEqualTo(DnsRefusal.OTHER_QUESTION);
    }

    @Test
    void query_thatIsAnAnswer_orNoMessage_isRefused() {
        assertThat(DnsWire.refuseQuery(replyTo(QUERY, "a", Type.A, 0)))
                .contains(DnsRefusal.NOT_A_QUERY);
        assertThat(DnsWire.refuseQuery(new byte[11])).contains(DnsRefusal.TOO_SHORT);
        assertThat(DnsWire.refuseQuery(QUERY.toWire())).isEmpty();
    }

    @Test
    void failure_repeatsIdAndQuestion() throws IOException {
        var failure = new Message(DnsWire.failure(QUERY.toWire(), DnsWire.SERVFAIL));

        assertThat(failure.getHeader().getID()).isEqualTo(QUERY.getHeader().getID());
        assertThat(failure.getRcode()).isEqualTo(Rcode.SERVFAIL);
        assertThat(failure.getQuestion()).isEqualTo(QUERY.getQuestion());
        assertThat(failure.getHeader().getFlag(Flags.RD)).isTrue();
        assertThat(failure.getHeader().getFlag(Flags.RA)).isTrue();
    }

    @Test
    void update_isNotUnderstood() {
        var update = Message.newUpdate(name("example.com"));

        assertThat(update.getHeader().getOpcode()).isEqualTo(Opcode.UPDATE);
        assertThat(DnsQuery.of(update.toWire()).understood()).isEmpty();
        assertThat(DnsQuery.of(update.toWire()).typeLabel()).isEqualTo("unknown");
    }

    @Test
    void types_withoutAName_haveOneLabel() {
        assertThat(DnsQuery.of(query("a", 65_280).toWire()).typeLabel()).isEqualTo("unknown");
        assertThat(DnsQuery.of(query("a", Type.AAAA).toWire()).typeLabel()).isEqualTo("aaaa");
    }

    @Test
    void zoneTransfers_haveManyReplies() {
        assertThat(DnsQuery.of(query("a", Type.AXFR).toWire()).manyReplies()).isTrue();
        assertThat(DnsQuery.of(query("a", Type.IXFR).toWire()).manyReplies()).isTrue();
        assertThat(DnsQuery.of(query("a", Type.A).toWire()).manyReplies()).isFalse();
    }

    @Test
    void answer_echoesEdnsAndKeepsTheQuestionsCase() throws IOException {
        var asked = query("WwW.eXample.com", Type.A);
        asked.addRecord(new OPTRecord(1232, 0, 0, ExtendedFlags.DO), Section.ADDITIONAL);
        var bytes = DnsReplies.write(understood(asked), answer(1), false, 4096);
        var reply = new Message(bytes);

        assertThat(reply.getQuestion().getName()).hasToString("WwW.eXample.com.");
        assertThat(reply.getSection(Section.ANSWER).getFirst().getName())
                .hasToString("WwW.eXample.com.");
        assertThat(reply.getHeader().getFlag(Flags.AA)).isTrue();
        assertThat(reply.getOPT().getPayloadSize()).isEqualTo(4096);
        assertThat(reply.getOPT().getFlags()).isEqualTo(ExtendedFlags.DO);
    }

    @Test
    void answer_thatDoesNotFitUdp_saysSo() throws IOException {
        var plain = query("www.example.com", Type.A);
        var cut = DnsReplies.write(understood(plain), answer(256), false, 4096);
        var whole = DnsReplies.write(understood(plain), answer(256), true, 4096);

        assertThat(cut).hasSizeLessThanOrEqualTo(512);
        assertThat(DnsWire.truncated(cut)).isTrue();
        assertThat(DnsWire.truncated(whole)).isFalse();
        assertThat(new Message(whole).getSection(Section.ANSWER)).hasSize(256);
    }

    private static DnsQuery.Understood understood(Message message) {
        return DnsQuery.of(message.toWire()).understood().orElseThrow();
    }

    private static DnsDecision.Answer answer(int addresses) {
        var owner = name("WwW.eXample.com");
        var records = new java.util.ArrayList<Record>();
        for (int i = 0; i < addresses; i++) {
            var address = new byte[] {10, 0, (byte) (i >> 8), (byte) i};
            records.add(new ARecord(owner, DClass.IN, 30, address));
        }
        return new DnsDecision.Answer(
                0, records, List.of(), List.of(), DnsDecision.Result.SUCCESS, addresses);
    }

    @Tag("fuzz")
    @Property
    void anyBytes_areReadWithoutFailing(
            @ForAll @Size(max = 600) byte[] bytes, @ForAll @Size(max = 600) byte[] other) {
        DnsWire.refuseReply(QUERY.toWire(), bytes, false);
        if (DnsWire.refuseQuery(bytes).isEmpty()) {
            var query = DnsQuery.of(bytes);
            assertThat(query.typeLabel()).isNotEmpty();
            query.manyReplies();
            assertThat(DnsWire.refuseReply(bytes, other, false)).isNotNull();
            var failure = DnsWire.failure(bytes, DnsWire.SERVFAIL);
            assertThat(DnsWire.id(failure)).isEqualTo(DnsWire.id(bytes));
            assertThat(DnsWire.refuseReply(bytes, failure, false)).isEmpty();
        }
    }

    /// A real message with some bytes changed gets further than noise.
    @Tag("fuzz")
    @Property
    void damagedQuery_isReadWithoutFailing(
            @ForAll @IntRange(min = 2, max = 60) int at, @ForAll byte value) {
        var asked = query("www.example.com", Type.SRV);
        asked.addRecord(new OPTRecord(1232, 0, 0, 0), Section.ADDITIONAL);
        var bytes = asked.toWire();
        bytes[at % bytes.length] = value;
        if (DnsWire.refuseQuery(bytes).isEmpty()) {
            var failure = DnsWire.failure(bytes, DnsWire.SERVFAIL);
            assertThat(DnsWire.refuseReply(bytes, failure, false)).isEmpty();
            DnsQuery.of(bytes)
                    .understood()
                    .ifPresent(q ->
                            assertThat(DnsReplies.failure(q, DnsWire.SERVFAIL, 4096)).isNotEmpty());
        }
    }
}
