using System.Globalization;
using System.Text.Json.Nodes;

namespace IntrinsicLab.Core.Search;

/// <summary>Runs of one trial that have to reach a rung: one for each seed.</summary>
/// <param name="Trial">Number of the trial.</param>
/// <param name="Rung">The rung, from 0.</param>
/// <param name="Steps">Environment steps of each run at that rung.</param>
/// <param name="Seeds">The seeds.</param>
public sealed record SweepJob(int Trial, int Rung, long Steps, IReadOnlyList<int> Seeds);

/// <summary>What a run came to on a rung; null as long as nobody knows.</summary>
/// <param name="trial">Number of the trial.</param>
/// <param name="rung">The rung, from 0.</param>
/// <param name="seed">The seed.</param>
public delegate SeedScore? ScoreOf(int trial, int rung, int seed);

/// <summary>A sweep as far as its results go.</summary>
/// <param name="Trials">All trials so far, by number.</param>
/// <param name="Jobs">What is asked for and not yet answered, in order.</param>
/// <param name="Racing">The search is over and its best configurations race.</param>
/// <param name="Finished">Nothing more will be asked for.</param>
public sealed record SweepState(IReadOnlyList<SweepTrial> Trials, IReadOnlyList<SweepJob> Jobs, bool Racing, bool Finished)
{
    /// <summary>The best trial: by the result on the highest rung that any has finished without failing. Null before the first result.</summary>
    /// <param name="goal">Which results are better.</param>
    public SweepTrial? Best(SearchGoal goal) => Trials.Where(trial => trial.Last?.Score is not null)
        .GroupBy(trial => trial.Results.Count).MaxBy(group => group.Key)?.Order(TrialOrder.Of(goal)).First();
}

/// <summary>
/// A sweep is a deterministic simulation on a virtual clock. So many virtual workers take jobs, and a job lasts as many virtual seconds as it
/// has environment steps, over all its seeds. Jobs end in the order of their virtual ends, equal ones in the order they were issued, and every decision uses
/// the results of exactly the jobs that have ended before it in this order. What real workers do, how many they are and which of
/// them is first, changes no decision, only how soon it can be made.
/// <para>
/// Nothing is remembered: <see cref="Next"/> plays the whole search again from its start, with the results there are, and stops at the first job
/// that has ended on the virtual clock and has no result yet. Equal results give equal jobs, so that a sweep that was killed goes on exactly.
/// </para>
/// </summary>
public static class Sweep
{
    /// <summary>Plays a search as far as its results go.</summary>
    /// <param name="task">The search.</param>
    /// <param name="scores">The results there are. Those of jobs that were not issued are not asked for.</param>
    public static SweepState Next(SearchTask task, ScoreOf scores) => new Play(task, scores).Run();

    /// <summary>"12 000".</summary>
    internal static string Steps(long steps) => steps.ToString("#,0", CultureInfo.InvariantCulture).Replace(',', '\u2009');

    private sealed class Play(SearchTask task, ScoreOf scores)
    {
        private readonly SearchSettings settings = task.Settings;
        private readonly List<SweepTrial> trials = [];
        private readonly HashSet<string> tried = [];
        private readonly List<(SweepJob Job, double End)> running = [];
        private readonly ISampler sampler = SamplerOf(task);

        public SweepState Run()
        {
            var clock = 0.0;
            while (true)
            {
                while (running.Count < settings.Parallel && Issue() is { } job)
                {
                    var before = job.Rung == 0 ? 0 : task.Rungs[job.Rung - 1];
                    running.Add((job, clock + (double)(job.Steps - before) * job.Seeds.Count));
                }
                if (running.Count == 0)
                    break;
                var first = running.MinBy(each => each.End); // of equal ones the one issued first
                if (Answer(first.Job) is not { } result)
                    return new(trials, [.. running.Select(each => each.Job)], false, false);
                clock = first.End;
                running.Remove(first);
                End(trials[first.Job.Trial], result);
            }
            foreach (var trial in trials.Where(trial => trial.Standing == TrialStanding.Waits))
                Drop(trial);
            var race = Race();
            return new(trials, race, race.Count > 0, race.Count == 0);
        }

        private static ISampler SamplerOf(SearchTask task)
        {
            var rng = new Rng((ulong)task.Settings.Seed).Split("search");
            return task.Settings.Method switch
            {
                SearchMethod.Grid => new GridSearch(task.Space),
                SearchMethod.Tpe => new TreeParzenSearch(task.Space, task.Settings.Goal, rng),
                _ => new RandomSearch(task.Space, rng),
            };
        }

        private SweepJob? Issue()
        {
            if (SuccessiveHalving.Promotable(trials, task.Rungs.Count, settings.Reduction, settings.Goal) is { } promoted)
            {
                promoted.Rung++;
                promoted.Standing = TrialStanding.UnderWay;
                return new(promoted.Number, promoted.Rung, task.Rungs[promoted.Rung], task.Seeds);
            }
            if (settings.Method != SearchMethod.Grid && trials.Count >= settings.Trials)
                return null;
            IReadOnlyList<double> coordinates;
            IReadOnlyList<JsonNode> values;
            if (trials.Count == 0 && settings is { DefaultFirst: true, Method: not SearchMethod.Grid } && task.Space.Defaults is { } defaults)
                (coordinates, values) = ([.. task.Space.Dimensions.Select((dimension, index) => dimension.CoordinateOf(defaults[index]))], defaults);
            else if (sampler.Next(trials, tried) is { } point)
                (coordinates, values) = (point, task.Space.ValuesOf(point));
            else
                return null;
            tried.Add(SearchSpace.KeyOf(values));
            trials.Add(new(trials.Count, coordinates, values, task.Seeds));
            return new(trials.Count - 1, 0, task.Rungs[0], task.Seeds);
        }

        private RungResult? Answer(SweepJob job)
        {
            var answers = new List<SeedScore>();
            foreach (var seed in job.Seeds)
            {
                if (scores(job.Trial, job.Rung, seed) is not { } answer)
                    return null;
                answers.Add(answer);
            }
            return Result(job.Rung, answers);
        }

        private RungResult Result(int rung, IReadOnlyList<SeedScore> answers) => new(rung, task.Rungs[rung], answers,
            answers.All(answer => answer.Score is { } score && double.IsFinite(score))
                ? RungResult.Of(settings.Aggregate, settings.Goal, answers.Select(answer => answer.Score!.Value))
                : null);

        private void End(SweepTrial trial, RungResult result)
        {
            trial.Add(result);
            trial.Standing = result.Score is null ? TrialStanding.Failed
                : trial.Rung == task.Rungs.Count - 1 ? TrialStanding.Finished
                : TrialStanding.Waits;
            trial.Reason = result.Score is null ? result.Failure ?? "a score is not finite" : null;
            // Whoever has so many better ones cannot be among the best any more, whatever the rest come to.
            var most = settings.Trials / settings.Reduction;
            foreach (var hopeless in SuccessiveHalving.Ranked(trials, result.Rung, settings.Goal).Skip(most)
                .Where(each => each.Standing == TrialStanding.Waits && each.Rung == result.Rung).ToList())
                Drop(hopeless);
        }

        private void Drop(SweepTrial trial)
        {
            var ranked = SuccessiveHalving.Ranked(trials, trial.Rung, settings.Goal);
            var most = Math.Max(settings.Trials / settings.Reduction, 1);
            trial.Standing = TrialStanding.Dropped;
            trial.Reason = string.Create(CultureInfo.InvariantCulture,
                $"not among the best {(trial.Rung == 0 ? most : Math.Max(ranked.Count / settings.Reduction, 1))} at rung {trial.Rung + 1} of {task.Rungs.Count} ({Steps(task.Rungs[trial.Rung])} steps)");
        }

        // A round gives the best and each rival one seed; the next begins when all of them are known.
        private List<SweepJob> Race()
        {
            var top = task.Rungs.Count - 1;
            var field = trials.Where(trial => trial.Standing == TrialStanding.Finished).ToList();
            while (settings.RacingMost > task.Seeds.Count && field.Count > 1)
            {
                field.Sort(TrialOrder.At(settings.Goal, top));
                var best = field[0];
                field.RemoveAll(trial => trial != best && Search.Racing.IsSeparated(Scores(best), Scores(trial)));
                var asked = field.Skip(1).Take(settings.RacingRivals).Prepend(best)
                    .Where(trial => trial.Seeds.Count < settings.RacingMost)
                    .Select(trial => new SweepJob(trial.Number, top, task.Steps, [Search.Racing.NextSeed(trial.Seeds)])).ToList();
                if (field.Count == 1 || asked.Count == 0)
                    break;
                var answers = asked.ConvertAll(Answer);
                if (answers.Contains(null))
                    return asked;
                foreach (var (job, answer) in asked.Zip(answers))
                {
                    var trial = trials[job.Trial];
                    trial.AddSeed(job.Seeds[0], Result(top, [.. trial.Results[top].Seeds, .. answer!.Seeds]));
                    if (trial.Results[top].Score is null)
                    {
                        (trial.Standing, trial.Reason) = (TrialStanding.Failed, trial.Results[top].Failure);
                        field.Remove(trial);
                    }
                }
            }
            return [];

            double[] Scores(SweepTrial trial) => [.. trial.Results[top].Seeds.Select(seed => seed.Score!.Value)];
        }
    }
}
