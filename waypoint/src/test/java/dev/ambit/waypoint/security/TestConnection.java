package dev.ambit.waypoint.security;

import dev.ambit.waypoint.exchange.StreamInfo;
import dev.ambit.waypoint.stage.NetworkStage;
import dev.ambit.waypoint.stage.NetworkStep;
import dev.ambit.waypoint.upstream.Upstreams;
import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.List;

/// One connection without a proxy around it, with the addresses of an exchange.
public class TestConnection implements NetworkStage.Connection {
    private final TestExchange exchange;
    private final List<Runnable> ends = new ArrayList<>();
    public final List<NetworkStep> resumed = new ArrayList<>();
    private boolean ended;

    public TestConnection(TestExchange exchange) {
        this.exchange = exchange;
    }

    @Override
    public EventLoop loop() {
        return exchange.loop();
    }

    @Override
    public StreamInfo info() {
        return exchange.info();
    }

    @Override
    public Upstreams upstreams() {
        return exchange.upstreams();
    }

    @Override
    public void resume(NetworkStep step) {
        resumed.add(step);
    }

    @Override
    public boolean ended() {
        return ended;
    }

    @Override
    public void whenEnded(Runnable callback) {
        ends.add(callback);
    }

    public void end() {
        ended = true;
        ends.forEach(Runnable::run);
    }
}
