package dev.ambit.bench.micro;

import dev.ambit.hbone.wire.Authority;
import dev.ambit.hbone.wire.Baggage;
import dev.ambit.hbone.wire.Forwarded;
import dev.ambit.hbone.wire.TraceParent;
import dev.ambit.identity.SpiffeId;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/// The texts of one CONNECT, both ways.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class CodecBenchmark {
    private final SplittableRandom random = new SplittableRandom(1);
    private Baggage baggage =
            new Baggage(
                    "Kubernetes",
                    "shop",
                    "deployment",
                    "web",
                    "web",
                    "v1",
                    "eu-west-1",
                    "eu-west-1a");
    private String baggageText = baggage.encode();
    private String forwarded = Forwarded.encode("10.42.0.1", Optional.of("cart.shop"));
    private String traceParent = TraceParent.random(random).encode();
    private String authority = "10.42.0.17:8080";
    private String identity = "spiffe://cluster.local/ns/shop/sa/web";

    @Benchmark
    public String baggageEncode() {
        return baggage.encode();
    }

    @Benchmark
    public Baggage baggageParse() {
        return Baggage.parse(baggageText);
    }

    @Benchmark
    public Optional<String> forwardedParse() {
        return Forwarded.host(forwarded);
    }

    @Benchmark
    public String traceParentMake() {
        return TraceParent.random(random).encode();
    }

    @Benchmark
    public Optional<TraceParent> traceParentParse() {
        return TraceParent.parse(traceParent);
    }

    @Benchmark
    public Object authorityParse() {
        return Authority.parse(authority);
    }

    @Benchmark
    public Optional<SpiffeId> identityParse() {
        return SpiffeId.tryParse(identity);
    }
}
