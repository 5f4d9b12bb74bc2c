/* synth_sweep: removes what a run left that was killed at once.
 *
 * lint_synth_write fills a folder .NAME.PID.N beside NAME, which it has locked (flock), so that the
 * folder of a living process is told from that of a dead one on another machine, too.
 *
 *     lint_synth_sweep("data/animals");      // data/.animals.4711.0, of the dead process 4711
 */
#ifndef LINT_SYNTH_SYNTH_SWEEP_H
#define LINT_SYNTH_SYNTH_SWEEP_H

/* Only folders of this user. Of each, only the files that lint_synth_write makes are removed. What cannot
 * be removed stays without a word. */
void lint_synth_sweep(const char *to);

#endif
