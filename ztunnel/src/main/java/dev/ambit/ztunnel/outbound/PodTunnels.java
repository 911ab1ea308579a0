package dev.ambit.ztunnel.outbound;

import dev.ambit.hbone.HboneFault;
import dev.ambit.hbone.TunnelDialer;
import dev.ambit.process.tls.Identities;
import dev.ambit.process.tls.PeerProof;
import dev.ambit.ztunnel.pod.Dial;
import io.netty.channel.EventLoop;
import java.util.Optional;
import java.util.function.Consumer;

/// Makes tunnels' connections: out of the source pod's namespace, with its identity.
final class PodTunnels implements TunnelDialer<TunnelKey, PeerProof> {
    private final Dial dial;
    private final Identities identities;

    PodTunnels(Dial dial, Identities identities) {
        this.dial = dial;
        this.identities = identities;
    }

    @Override
    public void dial(TunnelKey key, EventLoop loop, Consumer<Dialled<PeerProof>> whenDone) {
        identities.get(
                key.source(),
                loop,
                answer -> {
                    switch (answer) {
                        case Identities.Answer.Unavailable(var why) ->
                                whenDone.accept(
                                        failed(
                                                HboneFault.Stage.IDENTITY,
                                                "identity error: " + why));
                        case Identities.Answer.Ready(var tls) ->
                                dial.dial(
                                        key.pod(),
                                        loop,
                                        key.nextHop().address(),
                                        Optional.empty(),
                                        dialled ->
                                                whenDone.accept(
                                                        adapt(
                                                                key,
                                                                dialled,
                                                                Identities.client(
                                                                        tls, key.accepts()))));
                    }
                });
    }

    private static Dialled<PeerProof> adapt(
            TunnelKey key, Dial.Dialled dialled, dev.ambit.hbone.TunnelTls<PeerProof> tls) {
        return switch (dialled) {
            case Dial.Dialled.Connected(var channel) -> new Dialled.Connected<>(channel, tls);
            case Dial.Dialled.Failed(var timedOut, var text) ->
                    timedOut
                            ? failed(
                                    HboneFault.Stage.TCP_TIMEOUT,
                                    "connection timed out, maybe a NetworkPolicy is blocking HBONE"
                                            + " port 15008: "
                                            + key.nextHop())
                            : failed(HboneFault.Stage.TCP, "connection failed: " + text);
        };
    }

    private static Dialled<PeerProof> failed(HboneFault.Stage stage, String detail) {
        return new Dialled.Failed<>(new HboneFault(stage, detail));
    }
}
