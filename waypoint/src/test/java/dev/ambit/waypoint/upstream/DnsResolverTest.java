package dev.ambit.waypoint.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.waypoint.upstream.Discovery.Family;
import java.io.IOException;
import java.net.InetAddress;
import java.net.PortUnreachableException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.xbill.DNS.AAAARecord;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.DClass;
import org.xbill.DNS.EDNSOption;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.TSIG;
import org.xbill.DNS.Type;
import org.xbill.DNS.lookup.LookupSession;

final class DnsResolverTest {
    private final Zone zone = new Zone();
    private final DnsResolver resolver =
            new DnsResolver(
                    LookupSession.builder().resolver(zone).build(), UpstreamLimits.defaults());

    /// A name server in memory, at the library's own seam.
    private static final class Zone implements org.xbill.DNS.Resolver {
        private final Map<String, Record[]> records = new HashMap<>();
        private int rcode = -1;

        void put(String name, int type, Record... all) {
            records.put(name + "/" + type, all);
        }

        @Override
        public CompletionStage<Message> sendAsync(Message query) {
            var answer = new Message(query.getHeader().getID());
            answer.getHeader().setFlag(Flags.QR);
            var question = query.getQuestion();
            answer.addRecord(question, Section.QUESTION);
            var name = question.getName().toString(true);
            var found = records.get(name + "/" + question.getType());
            if (rcode >= 0) {
                answer.getHeader().setRcode(rcode);
            } else if (found != null) {
                for (var record : found) {
                    answer.addRecord(record, Section.ANSWER);
                }
            } else if (!name.startsWith("known")) {
                answer.getHeader().setRcode(Rcode.NXDOMAIN);
            }
            return CompletableFuture.completedFuture(answer);
        }

        @Override
        public void setPort(int port) {}

        @Override
        public void setTCP(boolean flag) {}

        @Override
        public void setIgnoreTruncation(boolean flag) {}

        @Override
        public void setEDNS(int version, int payloadSize, int flags, List<EDNSOption> options) {}

        @Override
        public void setTSIGKey(TSIG key) {}

        @Override
        public void setTimeout(Duration timeout) {}
    }

    private static Name name(String text) throws IOException {
        return Name.fromString(text + ".");
    }

    private void v4(String name, long ttl, String... addresses) throws IOException {
        var all = new Record[addresses.length];
        for (int i = 0; i < all.length; i++) {
            all[i] = new ARecord(name(name), DClass.IN, ttl, InetAddress.getByName(addresses[i]));
        }
        zone.put(name, Type.A, all);
    }

    private void v6(String name, long ttl, String address) throws IOException {
        zone.put(
                name,
                Type.AAAA,
                new AAAARecord(name(name), DClass.IN, ttl, InetAddress.getByName(address)));
    }

    private String ask(String name, Family family) {
        return switch (resolver.resolve(name, family)) {
            case Resolver.Answer.Addresses(var all, var ttl) ->
                    String.join(" ", all.stream().map(InetAddress::getHostAddress).toList())
                            + " "
                            + ttl.toSeconds();
            case Resolver.Answer.None() -> "none";
            case Resolver.Answer.Failed(var reason) -> "failed: " + reason;
        };
    }

    @ParameterizedTest
    @CsvSource(
            textBlock =
                    """
                    known.both, V4_ONLY,      192.0.2.1 192.0.2.2 30
                    known.both, V6_ONLY,      2001:db8:0:0:0:0:0:1 20
                    known.both, AUTO,         2001:db8:0:0:0:0:0:1 20
                    known.both, V4_PREFERRED, 192.0.2.1 192.0.2.2 30
                    known.both, ALL,          2001:db8:0:0:0:0:0:1 192.0.2.1 192.0.2.2 20
                    known.four, AUTO,         192.0.2.4 60
                    known.four, ALL,          192.0.2.4 60
                    known.four, V6_ONLY,      none
                    gone.name,  AUTO,         none
                    gone.name,  ALL,          none
                    192.0.2.9,  V4_ONLY,      192.0.2.9 0
                    192.0.2.9,  V6_ONLY,      none
                    2001:db8::9, ALL,         2001:db8:0:0:0:0:0:9 0
                    """)
    void families_ofNames_areHeeded(String name, Family family, String expected)
            throws IOException {
        v4("known.both", 30, "192.0.2.1", "192.0.2.2");
        v6("known.both", 20, "2001:db8::1");
        v4("known.four", 60, "192.0.2.4");
        assertThat(ask(name, family)).isEqualTo(expected);
    }

    @Test
    void serverFails_isAFailure_notTheAbsenceOfTheName() {
        zone.rcode = Rcode.SERVFAIL;
        assertThat(ask("known.both", Family.V4_ONLY)).startsWith("failed: ");
        assertThat(ask("known.both", Family.ALL)).startsWith("failed: ");
    }

    @Test
    void nameMalformed_isAFailure() {
        assertThat(ask("a".repeat(70) + ".example", Family.V4_ONLY)).startsWith("failed: ");
    }

    @Test
    void failure_withoutWords_saysWhatItIs() {
        assertThat(DnsResolver.reason(new PortUnreachableException()))
                .isEqualTo("no name server could be reached");
        assertThat(DnsResolver.reason(new IOException())).isEqualTo("IOException");
        assertThat(DnsResolver.reason(new IOException("odd"))).isEqualTo("IOException: odd");
    }
}
