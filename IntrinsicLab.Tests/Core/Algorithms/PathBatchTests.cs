using IntrinsicLab.Core;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Networks;
using IntrinsicLab.Tests.Support;

namespace IntrinsicLab.Tests.Core.Algorithms;

/// <summary>Paths of the counting environment: it shows (episode, step, last action) and pays the number of the step.</summary>
public class PathBatchTests
{
    /// <summary>Expects a number of the episode and the step alone.</summary>
    private sealed class FixedBaseline(Func<float, float, double> value) : IBaseline
    {
        public void Predict(ReadOnlySpan<float> observations, ReadOnlySpan<int> times, Span<double> values)
        {
            for (var i = 0; i < values.Length; i++)
            {
                Assert.Equal(observations[3 * i + 1], times[i]);
                values[i] = value(observations[3 * i], observations[3 * i + 1]);
            }
        }

        public void Fit(ReadOnlySpan<float> observations, ReadOnlySpan<int> times, ReadOnlySpan<double> targets)
        {
        }

        public void Save(CheckpointWriter writer)
        {
        }

        public void Load(CheckpointReader reader)
        {
        }

        public void Dispose()
        {
        }
    }

    private static (PathBatch Batch, Experience Experience, PolicyNetwork Policy, Rng Rng) Make(int steps, bool whole, int longest = 7)
    {
        var factory = CountingEnvironment.Factory(longest);
        return (
            new PathBatch(factory.Spec, steps, whole), new Experience(new EnvironmentBatch(factory, 1, new Rng(5)), null, null),
            new PolicyNetwork(new PolicyShape(3, 1, true), new Rng(6)), new Rng(7));
    }

    [Fact]
    public void Collect_WholePaths_PlaysTheLastToItsEnd()
    {
        var (batch, experience, policy, rng) = Make(20, whole: true);
        using var held = experience;
        var ended = new List<Episode>();
        for (var round = 0; round < 5; round++)
        {
            ended.Clear();

            batch.Collect(experience, policy, null, rng, ended.Add);

            Assert.InRange(batch.Rows, 20, 26);
            Assert.True(batch.Paths[^1].Start < 20, "A path was begun after the batch was full.");
            Assert.Equal(ended.Select(episode => episode.Length), batch.Paths.Select(path => path.Length));
            Assert.Equal(batch.Rows, batch.Paths[^1].End);
            for (var index = 0; index < batch.Paths.Count; index++)
            {
                var path = batch.Paths[index];
                Assert.Equal((path.Length % 2 == 1, path.Length % 2 == 0, false), (path.Terminated, path.Truncated, path.Cut));
                Assert.Equal(index == 0 ? 0 : batch.Paths[index - 1].End, path.Start);
                for (var row = path.Start; row < path.End; row++)
                {
                    var step = row - path.Start;
                    Assert.Equal((step, step + 1), (batch.Times[row], batch.Rewards[row]));
                    Assert.Equal(step, batch.Observations[3 * row + 1]);
                    // The next observation tells the number of the next step and the action taken now.
                    var next = batch.NextObservation(index, row);
                    Assert.Equal((batch.Observations[3 * row], step + 1, Math.Clamp(batch.Actions[row], -1, 2)), (next[0], next[1], next[2]));
                }
            }
        }
    }

    [Fact]
    public void Collect_CutPaths_GoOnInTheNextBatch()
    {
        var (batch, experience, policy, rng) = Make(10, whole: false, longest: 30);
        using var held = experience;
        var (last, cuts) = (-1, 0);
        for (var round = 0; round < 20; round++)
        {
            batch.Collect(experience, policy, null, rng, _ => { });

            Assert.Equal(10, batch.Rows);
            Assert.Equal(last + 1, batch.Times[0]);
            last = batch.Paths[^1].Cut ? batch.Times[^1] : -1;
            cuts += batch.Paths[^1].Cut ? 1 : 0;
        }
        Assert.True(cuts > 5);
    }

    [Fact]
    public void Collect_NothingEndsTheEpisode_CutsAtTwiceTheSteps()
    {
        var (batch, experience, policy, rng) = Make(10, whole: true, longest: 1_000_000);
        using var held = experience;

        batch.Collect(experience, policy, null, rng, _ => { });

        Assert.Equal(20, batch.Rows);
        Assert.True(batch.Paths.Single().Cut);
    }

    [Fact]
    public void Collect_ScaledActions_KeepsThePolicysOwn()
    {
        var (batch, experience, policy, rng) = Make(200, whole: true);
        using var held = experience;

        // The bounds are −1 and 2: 0 is told as 0.5.
        batch.Collect(experience, policy, new ActionScale(experience.Batch.Spec.Action), rng, _ => { });

        for (var index = 0; index < batch.Paths.Count; index++)
            for (var row = batch.Paths[index].Start; row < batch.Paths[index].End; row++)
                Assert.Equal(Math.Clamp(-1 + (batch.Actions[row] + 1) * 1.5f, -1, 2), batch.NextObservation(index, row)[2], 5);
        Assert.Contains(batch.Actions.ToArray(), action => action > 1);
    }

    [Fact]
    public void Advantages_OnePath_EqualValuesByHand()
    {
        // A batch that is one path of three steps.
        var (batch, experience, policy, rng) = Make(3, whole: true, longest: 4);
        using var held = experience;
        do
            batch.Collect(experience, policy, null, rng, _ => { });
        while (batch.Paths is not [{ Length: 3 }]);
        using var baseline = new FixedBaseline((_, step) => step switch { 0 => 0.5, 1 => 0.4, 2 => 0.3, _ => 100 });
        batch.Predict(baseline);
        double[] rewards = [1, 0, 2];
        var advantages = new double[3];

        batch.Advantages(rewards, 0.99, 1, bootstrap: false, advantages);
        Numbers.Close([2.4602, 1.58, 1.7], advantages, 1e-12);

        batch.Advantages(rewards, 0.99, 0.95, bootstrap: false, advantages);
        Numbers.Close([2.302846925, 1.49585, 1.7], advantages, 1e-12);

        // Three steps: the path terminated, and nothing is continued.
        batch.Advantages(rewards, 0.99, 0.95, bootstrap: true, advantages);
        Numbers.Close([2.302846925, 1.49585, 1.7], advantages, 1e-12);

        batch.DiscountedReturns(rewards, 0.99, bootstrap: false, advantages);
        Numbers.Close([1 + 0.99 * 0.99 * 2, 0.99 * 2, 2], advantages, 1e-12);
    }

    [Fact]
    public void Advantages_PathsThatGoOn_ContinueTheValueWhereAsked()
    {
        var (batch, experience, policy, rng) = Make(50, whole: false);
        using var held = experience;
        do
            batch.Collect(experience, policy, null, rng, _ => { });
        while (!batch.Paths[^1].Cut);
        using var baseline = new FixedBaseline((episode, step) => 10 * episode + step);
        batch.Predict(baseline);
        var (ends, continued) = (new double[50], new double[50]);

        batch.Advantages(batch.Rewards, 0.9, 0, bootstrap: false, ends);
        batch.Advantages(batch.Rewards, 0.9, 0, bootstrap: true, continued);

        foreach (var path in batch.Paths)
        {
            var last = path.End - 1;
            var next = 10 * batch.Observations[3 * last] + batch.Times[last] + 1;
            var error = batch.Rewards[last] - batch.Values[last];
            Assert.Equal(error + (path.Cut ? 0.9 * next : 0), ends[last], 9);
            Assert.Equal(error + (path.Terminated ? 0 : 0.9 * next), continued[last], 9);
        }
        Assert.Contains(batch.Paths, path => path.Truncated);
        Assert.Contains(batch.Paths, path => path.Terminated);
    }
}
