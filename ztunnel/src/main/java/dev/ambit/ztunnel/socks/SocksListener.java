package dev.ambit.ztunnel.socks;

import dev.ambit.hbone.ResetReason;
import dev.ambit.ztunnel.dns.PodNames;
import dev.ambit.ztunnel.outbound.OriginalDst;
import dev.ambit.ztunnel.outbound.Outbound;
import dev.ambit.ztunnel.pod.Pod;
import io.netty.channel.Channel;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;

/// Port 15080 of a pod, on its loopback: what an application asks for by SOCKS 5 goes the way of a
/// captured connection.
public final class SocksListener {
    private final Outbound outbound;
    private final Pod pod;
    private final PodNames names;
    private final SocksLimits limits;

    public SocksListener(Outbound outbound, Pod pod, PodNames names, SocksLimits limits) {
        this.outbound = outbound;
        this.pod = pod;
        this.names = names;
        this.limits = limits;
    }

    /// An accepted socket, on its loop, not reading yet.
    public void accepted(Channel channel) {
        var from = (InetSocketAddress) channel.remoteAddress();
        var at = (InetSocketAddress) channel.localAddress();
        var client = new SocksClient(outbound.duplex(channel), new Asked(from, at), limits);
        var loop = channel.eventLoop();
        var deadline =
                loop.schedule(
                        () -> {
                            if (client.isAsking()) {
                                client.reset(
                                        new ResetReason(ResetReason.Kind.LOCAL, "SOCKS deadline"));
                                outbound.refused(from, at, "socks: no request" + within());
                            }
                        },
                        limits.handshake().toNanos(),
                        TimeUnit.NANOSECONDS);
        channel.closeFuture().addListener(_ -> deadline.cancel(false));
        client.start();
    }

    private String within() {
        return " within " + limits.handshake().toMillis() + " ms";
    }

    private final class Asked implements SocksClient.Requests {
        private final InetSocketAddress from;
        private final InetSocketAddress at;

        Asked(InetSocketAddress from, InetSocketAddress at) {
            this.from = from;
            this.at = at;
        }

        @Override
        public void onRequest(SocksClient client, Socks5.Request request) {
            switch (request) {
                case Socks5.Request.Address(var address) -> carry(client, address);
                case Socks5.Request.Hostname(var host, var port) -> resolve(client, host, port);
            }
        }

        private void resolve(SocksClient client, String host, int port) {
            boolean ipv4 = from.getAddress() instanceof Inet4Address;
            var once = new Once();
            var deadline =
                    client.loop()
                            .schedule(
                                    () -> {
                                        if (once.first()) {
                                            unreachable(client, "no answer in time for " + host);
                                        }
                                    },
                                    limits.lookup().toNanos(),
                                    TimeUnit.NANOSECONDS);
            names.find(
                    host,
                    ipv4,
                    client.loop(),
                    answer -> {
                        if (!once.first()) {
                            return;
                        }
                        deadline.cancel(false);
                        switch (answer) {
                            case PodNames.Answer.Found(var address) ->
                                    carry(client, new InetSocketAddress(address, port));
                            case PodNames.Answer.NotFound(var why) -> unreachable(client, why);
                        }
                    });
        }

        private void unreachable(SocksClient client, String why) {
            client.refuse(Socks5.HOST_UNREACHABLE);
            outbound.refused(from, at, "socks: " + why);
        }

        private void carry(SocksClient client, InetSocketAddress to) {
            outbound.carry(pod, client, from, new OriginalDst(to));
        }

        @Override
        public void onBad(SocksClient client, String why) {
            outbound.refused(from, at, "socks: " + why);
        }
    }

    /// An answer and its deadline: whichever comes first. On one loop.
    private static final class Once {
        private boolean done;

        boolean first() {
            boolean first = !done;
            done = true;
            return first;
        }
    }
}
