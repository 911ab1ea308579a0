package dev.ambit.ztunnel.dns;

import dev.ambit.mesh.model.Workload;
import dev.ambit.ztunnel.dns.DnsReporter.Outcome;
import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.Optional;

/// The story of one query: learn whose it is and how its pod resolves names, decide, answer or hand
/// on, report. On one loop from beginning to end.
final class DnsExchange {
    private final DnsPod pod;
    private final DnsQuery query;
    private final boolean tcp;
    private final EventLoop loop;
    private final Client client;
    private Optional<Workload> workload = Optional.empty();
    private long forwardedAt;
    private int replies;

    /// Who asked.
    interface Client {
        void reply(byte[] message);

        /// No more replies come.
        void done();
    }

    DnsExchange(DnsPod pod, byte[] bytes, boolean tcp, EventLoop loop, Client client) {
        this.pod = pod;
        this.query = DnsQuery.of(bytes);
        this.tcp = tcp;
        this.loop = loop;
        this.client = client;
    }

    /// Ends in time, whatever happens: each thing that it waits for has a deadline.
    void start() {
        if (!pod.admit()) {
            client.reply(failure());
            client.done();
            report(new Outcome.Refused(DnsRefusal.TOO_MANY_QUERIES));
            return;
        }
        pod.workload(loop, this::knowing);
    }

    private void knowing(Optional<Workload> found) {
        workload = found;
        if (found.isEmpty()) {
            client.reply(failure());
            end(new Outcome.ClientUnknown());
            return;
        }
        pod.resolver().find(loop, resolver -> decided(decide(found.get(), resolver), resolver));
    }

    private DnsDecision decide(Workload who, Resolver resolver) {
        var asking = new DnsRouter.Client(who.namespace(), who.network(), resolver.search());
        return query.understood()
                .map(asked -> pod.router().decide(asked, asking))
                .orElseGet(DnsDecision.Forward::new);
    }

    private void decided(DnsDecision decision, Resolver resolver) {
        switch (decision) {
            case DnsDecision.Answer answer -> {
                query.understood()
                        .ifPresent(asked ->
                                client.reply(
                                        DnsReplies.write(
                                                asked,
                                                answer,
                                                tcp,
                                                pod.limits().udpAnswerBytes())));
                end(new Outcome.Answered(answer.result().text(), answer.endpoints()));
            }
            case DnsDecision.Forward() -> {
                forwardedAt = pod.nanoTime();
                pod.upstream().ask(query, tcp, resolver, loop, new FromUpstream());
            }
        }
    }

    private final class FromUpstream implements Upstream.Replies {
        @Override
        public void reply(byte[] message, boolean last) {
            replies++;
            client.reply(message);
            if (last) {
                end(new Outcome.Forwarded(took(), DnsWire.answers(message)));
            }
        }

        @Override
        public void failed(String why) {
            if (replies > 0) {
                // A zone transfer is over when the server says nothing more.
                end(new Outcome.Forwarded(took(), replies));
                return;
            }
            client.reply(failure());
            end(new Outcome.ForwardingFailed(took(), why));
        }
    }

    private Duration took() {
        return Duration.ofNanos(pod.nanoTime() - forwardedAt);
    }

    private byte[] failure() {
        return query.understood()
                .map(asked ->
                        DnsReplies.failure(asked, DnsWire.SERVFAIL, pod.limits().udpAnswerBytes()))
                .orElseGet(() -> DnsWire.failure(query.bytes(), DnsWire.SERVFAIL));
    }

    private void end(Outcome outcome) {
        pod.release();
        client.done();
        report(outcome);
    }

    private void report(Outcome outcome) {
        pod.reporter()
                .completed(
                        new DnsReporter.Report(
                                query.typeLabel(),
                                query.understood().map(q -> DnsQuery.typeName(q.type())),
                                query.understood().map(q -> q.name().toString()),
                                tcp,
                                workload,
                                outcome));
    }
}
