package dev.ambit.bench.waypoint.peer;

import com.google.gson.JsonObject;
import dev.ambit.bench.proc.ProcessCpu;
import io.netty.channel.EventLoop;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/// Requests on standing connections. On the loop.
///
/// A closed loop has as many requests under way as the connections hold, always; an open one sends
/// at its rate whatever became of those before, and counts each one's time from the moment it was
/// meant to leave.
final class Load implements Client.Answers {
    private static final long HIGHEST_NANOS = TimeUnit.SECONDS.toNanos(60);
    private static final int DIGITS = 3;
    private static final long NANOS_PER_TICK =
            TimeUnit.SECONDS.toNanos(1) / ProcessCpu.TICKS_PER_SECOND;

    /// @param rate requests a second; 0: as many as come back
    /// @param leastCpuMillis of the watched process, before which a window does not end
    /// @param mostMillis how often a window may be prolonged for that, altogether
    record Plan(
            int rate,
            long warmupMillis,
            long windowMillis,
            long leastCpuMillis,
            long mostMillis,
            long watched) {}

    private final EventLoop loop;
    private final List<? extends Client> clients;
    private final Plan plan;
    private final CompletableFuture<JsonObject> result = new CompletableFuture<>();
    private final Histogram latency = new Histogram(HIGHEST_NANOS, DIGITS);
    private final ArrayDeque<Long> late = new ArrayDeque<>();
    private boolean measuring;
    private boolean over;
    private long begun;
    private long cpuBefore;
    private long answered;
    private long failed;
    private long nextDue;
    private int turn;

    Load(EventLoop loop, List<? extends Client> clients, Plan plan) {
        this.loop = loop;
        this.clients = clients;
        this.plan = plan;
    }

    CompletableFuture<JsonObject> start() {
        loop.schedule(this::begin, plan.warmupMillis(), TimeUnit.MILLISECONDS);
        if (plan.rate() == 0) {
            for (var client : clients) {
                fill(client);
                client.flush();
            }
        } else {
            nextDue = System.nanoTime();
            tick();
        }
        return result;
    }

    private static void fill(Client client) {
        while (client.hasRoom()) {
            client.send(System.nanoTime());
        }
    }

    private void begin() {
        measuring = true;
        begun = System.nanoTime();
        cpuBefore = cpu();
        loop.schedule(this::endOrGoOn, plan.windowMillis(), TimeUnit.MILLISECONDS);
    }

    private long cpu() {
        try {
            return plan.watched() == 0 ? 0 : ProcessCpu.ticks(plan.watched()) * NANOS_PER_TICK;
        } catch (IOException gone) {
            result.completeExceptionally(gone);
            return 0;
        }
    }

    private void endOrGoOn() {
        long cpu = cpu() - cpuBefore;
        long took = System.nanoTime() - begun;
        boolean enough =
                plan.watched() == 0
                        || cpu >= TimeUnit.MILLISECONDS.toNanos(plan.leastCpuMillis())
                        || took >= TimeUnit.MILLISECONDS.toNanos(plan.mostMillis());
        if (!enough) {
            loop.schedule(this::endOrGoOn, plan.windowMillis() / 4, TimeUnit.MILLISECONDS);
            return;
        }
        over = true;
        var told = new JsonObject();
        told.addProperty("answered", answered);
        told.addProperty("failed", failed);
        told.addProperty("nanos", took);
        told.addProperty("cpu", cpu);
        told.addProperty("p50", latency.getValueAtPercentile(50));
        told.addProperty("p99", latency.getValueAtPercentile(99));
        told.addProperty("unsent", late.size());
        result.complete(told);
    }

    private void tick() {
        if (over) {
            return;
        }
        long now = System.nanoTime();
        long each = TimeUnit.SECONDS.toNanos(1) / plan.rate();
        while (nextDue <= now) {
            late.add(nextDue);
            nextDue += each;
        }
        sendLate();
        loop.schedule(this::tick, Math.max(1, nextDue - System.nanoTime()), TimeUnit.NANOSECONDS);
    }

    private void sendLate() {
        for (int i = 0; i < clients.size() && !late.isEmpty(); i++) {
            var client = clients.get(turn++ % clients.size());
            boolean sent = false;
            while (!late.isEmpty() && client.hasRoom()) {
                client.send(late.remove());
                sent = true;
                if (late.size() < clients.size()) {
                    break;
                }
            }
            if (sent) {
                client.flush();
            }
        }
    }

    @Override
    public void onAnswer(Client client, long due, boolean success) {
        if (measuring && !over) {
            answered++;
            if (!success) {
                failed++;
            }
            if (plan.rate() > 0) {
                latency.recordValue(Math.clamp(System.nanoTime() - due, 0, HIGHEST_NANOS));
            }
        }
        if (over) {
            return;
        }
        if (plan.rate() == 0) {
            // Flushed at the end of the burst that brought the answer.
            fill(client);
        } else if (!late.isEmpty() && client.hasRoom()) {
            client.send(late.remove());
        }
    }

    @Override
    public void onLost(Client client) {
        if (!over) {
            over = true;
            result.completeExceptionally(new IOException("a connection ended"));
        }
    }
}
