package dev.ambit.ztunnel.dns;

import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/// Hands a query on to the pod's name servers, as it is, and brings the reply back as it is.
///
/// Each try has a socket of its own: a port that nobody can guess, besides the id, protects from
/// forged replies (RFC 5452). What comes over TCP is asked over TCP; so a reply that is too long
/// for UDP says so to the client, who comes back over TCP.
final class Upstream {
    private final DnsSockets sockets;
    private final DnsLimits limits;
    private final IntSupplier ids;
    private final Consumer<DnsRefusal> refused;

    /// @param ids random, 0 to 65535
    /// @param refused told of each message that was no reply to what was asked
    Upstream(DnsSockets sockets, DnsLimits limits, IntSupplier ids, Consumer<DnsRefusal> refused) {
        this.sockets = sockets;
        this.limits = limits;
        this.ids = ids;
        this.refused = refused;
    }

    /// Told on the query's loop.
    interface Replies {
        /// A reply, with the client's id. `last` is false at most for zone transfers.
        void reply(byte[] message, boolean last);

        /// There is no reply, or no more of them.
        void failed(String why);
    }

    /// Calls back on `loop`, on which it must be called.
    void ask(DnsQuery query, boolean tcp, Resolver resolver, EventLoop loop, Replies replies) {
        if (resolver.nameservers().isEmpty()) {
            replies.failed("no name server is known");
            return;
        }
        new Asking(query, tcp, resolver, loop, replies).start();
    }

    /// One query on its way through the name servers. On one loop.
    private final class Asking {
        private final DnsQuery query;
        private final boolean tcp;
        private final Resolver resolver;
        private final EventLoop loop;
        private final Replies replies;
        private final long deadline;
        private int tries;
        private boolean done;
        private String lastFault = "no answer";

        Asking(DnsQuery query, boolean tcp, Resolver resolver, EventLoop loop, Replies replies) {
            this.query = query;
            this.tcp = tcp;
            this.resolver = resolver;
            this.loop = loop;
            this.replies = replies;
            this.deadline = System.nanoTime() + limits.upstreamDeadline().toNanos();
        }

        void start() {
            next();
        }

        private void next() {
            var servers = resolver.nameservers();
            var left = Duration.ofNanos(deadline - System.nanoTime());
            if (tries >= servers.size() * resolver.attempts() || !left.isPositive()) {
                finish(lastFault);
                return;
            }
            var server = servers.get(tries++ % servers.size());
            var time = left.compareTo(resolver.timeout()) < 0 ? left : resolver.timeout();
            var sent = DnsWire.withId(query.bytes(), ids.getAsInt() & 0xffff);
            var listener = new OneTry(server.toString());
            if (tcp) {
                new UpstreamTcp(sockets, limits, listener, query.manyReplies())
                        .ask(sent, server, time, loop);
            } else {
                new UpstreamUdp(sockets, limits, listener).ask(sent, server, time, loop);
            }
        }

        private void finish(String why) {
            if (!done) {
                done = true;
                replies.failed(why);
            }
        }

        private final class OneTry implements UpstreamTry {
            private final String server;
            private boolean over;
            private boolean replied;

            OneTry(String server) {
                this.server = server;
            }

            @Override
            public void reply(byte[] message, boolean last) {
                if (over || done) {
                    return;
                }
                replied = true;
                over = last;
                done = last;
                replies.reply(DnsWire.withId(message, DnsWire.id(query.bytes())), last);
            }

            @Override
            public void refused(DnsRefusal why) {
                refused.accept(why);
                lastFault = why.text() + " from " + server;
            }

            @Override
            public void over(@Nullable String fault) {
                if (over || done) {
                    return;
                }
                over = true;
                if (replied) {
                    // The rest of a transfer does not come from another server.
                    finish(fault == null ? "ended" : fault);
                    return;
                }
                lastFault =
                        (fault == null ? "closed without an answer" : fault) + " (" + server + ")";
                next();
            }
        }
    }
}
