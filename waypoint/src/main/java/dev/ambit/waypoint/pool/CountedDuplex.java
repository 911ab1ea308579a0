package dev.ambit.waypoint.pool;

import dev.ambit.hbone.Duplex;
import dev.ambit.hbone.ResetReason;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;

/// A duplex whose end somebody wants to know of: told once, when both directions have ended or
/// either side reset.
final class CountedDuplex implements Duplex {
    private final Duplex under;
    private final Runnable whenGone;
    private boolean inputEnded;
    private boolean outputEnded;
    private boolean gone;

    CountedDuplex(Duplex under, Runnable whenGone) {
        this.under = under;
        this.whenGone = whenGone;
    }

    private void gone() {
        if (!gone) {
            gone = true;
            whenGone.run();
        }
    }

    private void goneIfEnded() {
        if (inputEnded && outputEnded) {
            gone();
        }
    }

    @Override
    public EventLoop loop() {
        return under.loop();
    }

    @Override
    public void attach(Inlet inlet) {
        under.attach(
                new Inlet() {
                    @Override
                    public void onBytes(ByteBuf bytes) {
                        inlet.onBytes(bytes);
                    }

                    @Override
                    public void onBurstEnd() {
                        inlet.onBurstEnd();
                    }

                    @Override
                    public void onEnd() {
                        inputEnded = true;
                        inlet.onEnd();
                        goneIfEnded();
                    }

                    @Override
                    public void onReset(ResetReason reason) {
                        inlet.onReset(reason);
                        gone();
                    }

                    @Override
                    public void onTaken(int bytes) {
                        inlet.onTaken(bytes);
                    }
                });
    }

    @Override
    public void write(ByteBuf bytes) {
        under.write(bytes);
    }

    @Override
    public void flush() {
        under.flush();
    }

    @Override
    public void endOutput() {
        outputEnded = true;
        under.endOutput();
        goneIfEnded();
    }

    @Override
    public void reset(ResetReason reason) {
        under.reset(reason);
        gone();
    }

    @Override
    public void grant(int bytes) {
        under.grant(bytes);
    }
}
