package dev.ambit.control;

import dev.ambit.control.compile.CompileSettings;
import dev.ambit.control.compile.MeshCompilation;
import dev.ambit.control.compile.MeshModel;
import dev.ambit.control.l7.L7Settings;
import dev.ambit.control.l7.authz.WantedKeys;
import dev.ambit.control.l7.jwt.JwksStore;
import dev.ambit.control.l7.report.Entry;
import dev.ambit.control.l7.report.Report;
import dev.ambit.control.l7.report.StatusBook;
import dev.ambit.control.resource.Origin;
import dev.ambit.control.resource.PlanSettings;
import dev.ambit.control.resource.PodPlanner;
import dev.ambit.control.resource.Problem;
import dev.ambit.control.resource.ResourceSet;
import dev.ambit.control.resource.WaypointPlanner;
import dev.ambit.control.xds.Snapshot;
import dev.ambit.control.xds.WaypointViews;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The newest state, and the way from resources to it. One writer, lock-free readers.
final class ControlState {
    private static final Logger LOG = LoggerFactory.getLogger(ControlState.class);

    private final CompileSettings settings;
    private final Optional<PlanSettings> plan;
    private final L7Settings l7;
    private final Consumer<WaypointViews> publish;
    private final Clock clock;
    private final JwksStore jwks;
    private final ReentrantLock lock = new ReentrantLock();
    private Optional<MeshCompilation> last = Optional.empty();
    private volatile Moment newest = new Moment(WaypointViews.empty(), List.of(), 0);
    private volatile Told told = new Told(new Report(List.of(), List.of()), StatusBook.empty());

    /// What is said of a moment, to people and in statuses; follows it a little later.
    record Told(Report report, StatusBook statuses) {}

    /// @param count how often something was applied
    record Moment(WaypointViews views, List<Problem> problems, long count) {
        MeshModel model() {
            return views.model().mesh();
        }

        Snapshot snapshot() {
            return views.mesh();
        }
    }

    ControlState(
            CompileSettings settings,
            L7Settings l7,
            Optional<PlanSettings> plan,
            Function<Runnable, JwksStore> jwks,
            Consumer<WaypointViews> publish,
            Clock clock) {
        this.settings = settings;
        this.l7 = l7;
        this.plan = plan;
        this.publish = publish;
        this.clock = clock;
        this.jwks = jwks.apply(this::keysChanged);
    }

    Moment newest() {
        return newest;
    }

    Told told() {
        return told;
    }

    JwksStore jwks() {
        return jwks;
    }

    /// Nothing but keys of issuers is new.
    private void keysChanged() {
        lock.lock();
        try {
            var before = newest;
            if (before.count() > 0) {
                var model = before.views().model().with(jwks.snapshot());
                var views = before.views().next(model);
                newest = new Moment(views, before.problems(), before.count());
                publish.accept(views);
                tell(model.input(), views);
            }
        } catch (RuntimeException bug) {
            LOG.error("changed keys can't be applied, the last state stays in effect", bug);
        } finally {
            lock.unlock();
        }
    }

    /// Called by the source. A fault in here keeps the last state: it would be ours, and clients
    /// must not pay for it.
    void apply(ResourceSet read) {
        lock.lock();
        try {
            var input =
                    plan.map(p -> PodPlanner.plan(WaypointPlanner.plan(read), p).complete())
                            .orElse(read);
            var compiled =
                    last.map(l -> l.next(input))
                            .orElseGet(() -> MeshCompilation.of(input, settings));
            var before = newest;
            var flags = l7.with(settings.severalNetworks(input), settings.failClosed());
            var whole = before.views().model().next(compiled, jwks.snapshot(), flags);
            var views = before.views().next(whole);
            last = Optional.of(compiled);
            newest = new Moment(views, problems(input), before.count() + 1);
            report(before, newest);
            publish.accept(views);
            jwks.want(WantedKeys.byControl(whole));
            // After that: clients don't wait for it.
            tell(input, views);
        } catch (RuntimeException bug) {
            LOG.error("input can't be compiled, the last state stays in effect", bug);
        } finally {
            lock.unlock();
        }
    }

    private void tell(ResourceSet input, WaypointViews views) {
        var before = told;
        var report = Report.of(views.model());
        told = new Told(report, before.statuses().next(input, report.statuses(), clock.instant()));
        Set<Entry> known = new HashSet<>(before.report().entries());
        for (var entry : report.entries()) {
            // Problems with reading were logged already.
            if (!known.contains(entry) && !entry.ofReading()) {
                switch (entry.level()) {
                    case ERROR, WARNING -> LOG.warn("input: {}", entry.summary());
                    case INFO -> LOG.info("input: {}", entry.summary());
                }
            }
        }
    }

    private List<Problem> problems(ResourceSet input) {
        var own = settings.clusterId();
        if (!input.remotes().containsKey(own)) {
            return input.problems();
        }
        var all = new ArrayList<>(input.problems());
        all.add(
                new Problem(
                        Problem.Severity.ERROR,
                        new Origin("remote-" + own, 0),
                        "",
                        "",
                        "'"
                                + own
                                + "' is the name of the cluster that is configured (expected:"
                                + " another; see --cluster-id); left out"));
        return all;
    }

    private static void report(Moment before, Moment after) {
        Set<Problem> known = new HashSet<>(before.problems());
        for (var problem : after.problems()) {
            if (known.contains(problem)) {
                continue;
            }
            switch (problem.severity()) {
                case ERROR -> LOG.warn("input: {}", problem);
                case NOTICE -> LOG.info("input: {}", problem);
            }
        }
        LOG.info(
                "applied: {}, {}, {} ({} changed){}",
                counted(after.model().workloads().size(), "workload", "workloads"),
                counted(after.model().services().size(), "service", "services"),
                counted(after.model().policies().size(), "policy", "policies"),
                Snapshot.changes(before.snapshot(), after.snapshot()),
                errors(after.problems()));
    }

    private static String errors(List<Problem> problems) {
        long errors = problems.stream().filter(p -> p.severity() == Problem.Severity.ERROR).count();
        return errors == 0 ? "" : ", " + counted(errors, "problem", "problems");
    }

    private static String counted(long count, String one, String many) {
        return count + " " + (count == 1 ? one : many);
    }
}
