using IntrinsicLab.Core;
using IntrinsicLab.Core.Algorithms;

namespace IntrinsicLab.Tests.Core.Algorithms;

public class NeededStepsTests
{
    [Theory]
    [InlineData(1, 40)]
    [InlineData(3, 13)]
    public void Choose_RandomEpisodes_ListsFromTheFirstSampleToTheEndOfEachEpisode(int environments, int length)
    {
        var (rng, steps) = (new Rng(1), environments * length);
        var needed = new NeededSteps(environments, steps);
        for (var trial = 0; trial < 20; trial++)
        {
            var ended = Enumerable.Range(0, steps).Select(_ => rng.NextInt(5) == 0).ToArray();
            var minibatch = Enumerable.Range(0, 4).Select(_ => rng.NextInt(steps)).Distinct().ToArray();
            needed.Show(ended);

            needed.Choose(minibatch);

            // What the definition says, step by step.
            var expected = new bool[steps];
            foreach (var sample in minibatch)
                for (var row = sample; row < steps; row += environments)
                {
                    expected[row] = true;
                    if (ended[row])
                        break;
                }
            Assert.Equal(Enumerable.Range(0, steps).Where(row => expected[row]), needed.Rows.ToArray().Order());
            for (var i = 0; i < needed.Rows.Length; i++)
            {
                var row = needed.Rows[i];
                Assert.Equal(i, needed.PlaceOf(row));
                Assert.Equal(ended[row] || row + environments >= steps, needed.Ended[i]);
                if (!needed.Ended[i])
                    Assert.Equal(row + environments, needed.Rows[i + 1]);
            }
        }
    }
}
