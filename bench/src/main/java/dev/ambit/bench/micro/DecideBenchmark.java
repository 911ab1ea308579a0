package dev.ambit.bench.micro;

import dev.ambit.mesh.MeshView;
import dev.ambit.mesh.model.NetworkAddress;
import dev.ambit.mesh.policy.Authorizer;
import dev.ambit.mesh.policy.ConnectionFacts;
import dev.ambit.mesh.policy.Verdict;
import dev.ambit.mesh.store.MeshStore;
import dev.ambit.ztunnel.outbound.CapturedConnection;
import dev.ambit.ztunnel.outbound.OriginalDst;
import dev.ambit.ztunnel.outbound.OutboundDecision;
import dev.ambit.ztunnel.outbound.OutboundRouter;
import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/// What each new connection costs before a byte is sent: lookup, route, authorize.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class DecideBenchmark {
    /// Services in the mesh, of ten pods each.
    @Param({"10", "5000"})
    int services;

    /// Policies that apply to the destination; the last one matches.
    @Param({"0", "1000"})
    int policies;

    private MeshStore mesh = SampleMesh.of(1, 0);
    private OutboundRouter router = routerOf(mesh);
    private CapturedConnection toService = captured(0);
    private NetworkAddress pod = new NetworkAddress("", SampleMesh.pod(0, 0));
    private ConnectionFacts facts = facts(0);

    @Setup
    public void fill() {
        mesh = SampleMesh.of(services, policies);
        router = routerOf(mesh);
        int last = services - 1;
        toService = captured(last);
        pod = new NetworkAddress("", SampleMesh.pod(last, 0));
        facts = facts(last);
    }

    @Benchmark
    public MeshView.Target lookup() {
        return mesh.lookup(pod, SampleMesh.NAMESPACE);
    }

    @Benchmark
    public OutboundDecision decide() {
        return router.decide(toService);
    }

    @Benchmark
    public Verdict authorize() {
        var destination = mesh.workloadAt(pod).orElseThrow();
        return Authorizer.authorize(mesh.policiesFor(destination), facts);
    }

    private static OutboundRouter routerOf(MeshStore mesh) {
        return new OutboundRouter(mesh, Set.of(15001, 15006, 15008), new SplittableRandom(1));
    }

    private CapturedConnection captured(int service) {
        var client = SampleMesh.pod(0, 0);
        return new CapturedConnection(
                new InetSocketAddress(client, 40_000),
                new OriginalDst(new InetSocketAddress(SampleMesh.vip(service), 80)),
                mesh.workloadAt(new NetworkAddress("", client)).orElseThrow());
    }

    private static ConnectionFacts facts(int service) {
        return new ConnectionFacts(
                Optional.of(SampleMesh.identity(0)),
                SampleMesh.pod(0, 0),
                SampleMesh.pod(service, 0),
                SampleMesh.PORT);
    }
}
