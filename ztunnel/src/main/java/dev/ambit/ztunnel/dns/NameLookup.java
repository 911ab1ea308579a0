package dev.ambit.ztunnel.dns;

import io.netty.channel.EventLoop;
import java.io.IOException;
import java.net.InetAddress;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.xbill.DNS.AAAARecord;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

/// Asks the pod's DNS proxy without a socket in between: each question is an exchange like one of
/// the pod's own, reported and counted as such.
final class NameLookup implements PodNames {
    private final DnsPod pod;

    NameLookup(DnsPod pod) {
        this.pod = pod;
    }

    @Override
    public void find(String host, boolean ipv4, EventLoop loop, Consumer<Answer> whenDone) {
        var name = KubeNames.absolute(host);
        if (name.isEmpty()) {
            whenDone.accept(
                    new Answer.NotFound(
                            "hostname "
                                    + host
                                    + ": no DNS name (expected: labels of"
                                    + " 1 to 63 bytes, 255 in all)"));
            return;
        }
        new Lookup(host, name.get(), loop, whenDone).ask(ipv4 ? Type.A : Type.AAAA, false, true);
    }

    /// One name. On one loop.
    private final class Lookup {
        private final String host;
        private final Name name;
        private final EventLoop loop;
        private final Consumer<Answer> whenDone;

        Lookup(String host, Name name, EventLoop loop, Consumer<Answer> whenDone) {
            this.host = host;
            this.name = name;
            this.loop = loop;
            this.whenDone = whenDone;
        }

        /// @param first the other family may still be asked for
        void ask(int type, boolean tcp, boolean first) {
            var query = Message.newQuery(Record.newRecord(name, type, DClass.IN)).toWire();
            var reply = new Reply(type, tcp, first);
            new DnsExchange(pod, query, tcp, loop, reply).start();
        }

        private final class Reply implements DnsExchange.Client {
            private final int type;
            private final boolean tcp;
            private final boolean first;
            private byte @Nullable [] message;

            Reply(int type, boolean tcp, boolean first) {
                this.type = type;
                this.tcp = tcp;
                this.first = first;
            }

            @Override
            public void reply(byte[] bytes) {
                message = bytes;
            }

            @Override
            public void done() {
                var bytes = message;
                if (bytes == null) {
                    fail("no answer");
                    return;
                }
                var found = address(bytes);
                if (found.isPresent()) {
                    whenDone.accept(new Answer.Found(found.get()));
                } else if (DnsWire.truncated(bytes) && !tcp) {
                    ask(type, true, first);
                } else if (DnsWire.rcode(bytes) != Rcode.NOERROR) {
                    fail(Rcode.string(DnsWire.rcode(bytes)));
                } else if (first && (type == Type.AAAA || pod.router().ipv6())) {
                    ask(type == Type.A ? Type.AAAA : Type.A, false, false);
                } else {
                    fail("the name is there, and has no address");
                }
            }

            private void fail(String why) {
                whenDone.accept(new Answer.NotFound("hostname " + host + ": " + why));
            }
        }
    }

    /// The first, whichever name of a chain of aliases it belongs to.
    private static Optional<InetAddress> address(byte[] bytes) {
        try {
            return new Message(bytes)
                    .getSection(Section.ANSWER).stream()
                            .flatMap(record -> address(record).stream())
                            .findFirst();
        } catch (IOException | RuntimeException malformed) {
            // The library throws either for bytes that are no message: a name server's fault.
            return Optional.empty();
        }
    }

    private static Optional<InetAddress> address(Record record) {
        return switch (record) {
            case ARecord four -> Optional.of(four.getAddress());
            case AAAARecord six -> Optional.of(six.getAddress());
            default -> Optional.empty();
        };
    }
}
