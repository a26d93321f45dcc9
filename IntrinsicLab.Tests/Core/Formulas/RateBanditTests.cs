using IntrinsicLab.Core;
using IntrinsicLab.Core.Formulas;

namespace IntrinsicLab.Tests.Core.Formulas;

public class RateBanditTests
{
    private static double[] Probabilities(RateBandit bandit, int arms)
    {
        var probabilities = new double[arms];
        bandit.Probabilities(probabilities);
        return probabilities;
    }

    [Fact]
    public void Probabilities_BeforeAnyScore_AreEven() => Assert.All(Probabilities(new(4, 0.1, 0.2, 10), 4), p => Assert.Equal(0.25, p, 12));

    [Fact]
    public void Probabilities_AfterScores_AreTheSoftmaxOfTheirMeansAndUses()
    {
        var bandit = new RateBandit(2, 0.5, 0.2, 10);

        bandit.Tell(0, 1);
        bandit.Tell(1, 3);

        // 1 is the first score of all, standardised 0; 3 stands (3 − 2)/√2 deviations above the mean, times 0.3; the fictitious 0 halves it.
        var (low, high) = ((0 + 0.2 / Math.Sqrt(2)) / 0.5, (0.3 / Math.Sqrt(2) / 2 + 0.2 / Math.Sqrt(2)) / 0.5);
        var expected = Math.Exp(low) / (Math.Exp(low) + Math.Exp(high));
        Assert.Equal(expected, Probabilities(bandit, 2)[0], 12);
        Assert.Equal(1 / Math.Sqrt(2), bandit.Standardised(3), 12);
    }

    [Fact]
    public void Draw_OfAnArmThatScoresBetter_ComesToPreferIt()
    {
        var (bandit, rng) = (new RateBandit(3, 0.1, 0.2, 10), new Rng(5));

        for (var life = 0; life < 200; life++)
        {
            var arm = bandit.Draw(rng);
            bandit.Tell(arm, arm == 1 ? 10 + rng.NextGaussian() : rng.NextGaussian());
        }

        Assert.True(Probabilities(bandit, 3)[1] > 0.8);
        Assert.True(bandit.Uses(1) > 120);
    }

    [Fact]
    public void Load_OfWhatWasSaved_GoesOnAlike()
    {
        var (bandit, again, rng) = (new RateBandit(3, 0.1, 0.2, 2), new RateBandit(3, 0.1, 0.2, 2), new Rng(6));
        for (var life = 0; life < 9; life++)
            bandit.Tell(life % 3, rng.NextGaussian());
        using var stream = new MemoryStream();
        bandit.Save(new BinaryWriter(stream));
        stream.Position = 0;

        again.Load(new BinaryReader(stream));
        bandit.Tell(0, 4);
        again.Tell(0, 4);

        Assert.Equal(Probabilities(bandit, 3), Probabilities(again, 3));
    }
}
