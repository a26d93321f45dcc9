using IntrinsicLab.Core.Environments.Wrappers;

namespace IntrinsicLab.Tests.Core.Environments;

public class NormaliserTests
{
    private const double Tolerance = 1e-11;

    // One environment, γ 0.99, rewards 1, 2, −1, 3, an episode ends with the second: values of OpenAI Baselines' VecNormalize.
    [Theory]
    [InlineData(false, 10.0, 2.009847769254, -1.230514326085, 2.053162115435)]
    [InlineData(true, 10.0, 2.009847769254, -0.613909105023, 2.030664646642)]
    public void RewardNormaliser_FourRewards_GivesBaselinesValues(bool resetReturnOnDone, params double[] expected)
    {
        var normaliser = new RewardNormaliser(1, resetReturnOnDone: resetReturnOnDone);

        Assert.All(expected.Zip([1.0, 2.0, -1.0, 3.0]).Index(), step =>
            Assert.Equal(step.Item.First, Normalise(normaliser, step.Item.Second, terminated: step.Index == 1), Tolerance));
    }

    [Fact]
    public void RewardNormaliser_Truncation_CountsAsEnd()
    {
        var (one, other) = (new RewardNormaliser(1), new RewardNormaliser(1));
        Normalise(one, 1, terminated: true);
        Normalise(other, 1, truncated: true);

        Assert.Equal(0, other.Returns[0]);
        Assert.Equal(Normalise(one, 2), Normalise(other, 2));
    }

    [Fact]
    public void RewardNormaliser_Batch_UpdatesReturnsBeforeScaling()
    {
        var normaliser = new RewardNormaliser(2, clip: 1.5);
        var normalised = new double[2];
        normaliser.Normalise([1.0, 3.0], [false, false], [false, true], normalised);

        // Sums 1 and 3: variance 1 (but for the initial weight), so 3 is clipped; the truncated sum is forgotten.
        Assert.Equal(1, normalised[0], 1e-3);
        Assert.Equal(1.5, normalised[1]);
        Assert.Equal([1.0, 0.0], normaliser.Returns.ToArray());
    }

    [Fact]
    public void ObservationNormaliser_ThreeScalars_GivesBaselinesValues()
    {
        var normaliser = new ObservationNormaliser(1);

        Assert.Equal(0.00707071425, Normalise(normaliser, 1), 1e-9);
        Assert.Equal(1.000000004998, Normalise(normaliser, 3), 1e-7);
        Assert.Equal(0.000081638093, Normalise(normaliser, 2), 1e-10);
    }

    [Fact]
    public void ObservationNormaliser_WithoutUpdate_KeepsMoments()
    {
        var normaliser = new ObservationNormaliser(2, clip: 5);
        normaliser.Normalise([1, 2, 3, 4], new float[4]);
        var mean = normaliser.Moments.Mean.ToArray();
        var outlier = new float[2];
        normaliser.Normalise([1000, -1000], outlier, update: false);

        Assert.Equal(mean, normaliser.Moments.Mean.ToArray());
        Assert.Equal([5, -5], outlier);
    }

    [Fact]
    public void Normalisers_WrongLengths_AreRefused()
    {
        Assert.Throws<ArgumentException>(() => new ObservationNormaliser(2).Normalise(new float[3], new float[3]));
        Assert.Throws<ArgumentException>(() => new ObservationNormaliser(2).Normalise(new float[4], new float[2]));
        Assert.Throws<ArgumentException>(() => new RewardNormaliser(2).Normalise(new double[1], new bool[2], new bool[2], new double[2]));
    }

    [Fact]
    public void Load_OfSavedNormalisers_ContinuesBitForBit()
    {
        var (rewards, observations) = (new RewardNormaliser(1), new ObservationNormaliser(1));
        Normalise(rewards, 1);
        Normalise(observations, 1);
        using var stream = new MemoryStream();
        rewards.Save(new BinaryWriter(stream));
        observations.Save(new BinaryWriter(stream));
        stream.Position = 0;
        var (loadedRewards, loadedObservations) = (new RewardNormaliser(1), new ObservationNormaliser(1));
        loadedRewards.Load(new BinaryReader(stream));
        loadedObservations.Load(new BinaryReader(stream));

        Assert.Equal(Normalise(rewards, 2), Normalise(loadedRewards, 2));
        Assert.Equal(Normalise(observations, 2), Normalise(loadedObservations, 2));
    }

    private static double Normalise(RewardNormaliser normaliser, double reward, bool terminated = false, bool truncated = false)
    {
        var normalised = new double[1];
        normaliser.Normalise([reward], [terminated], [truncated], normalised);
        return normalised[0];
    }

    private static double Normalise(ObservationNormaliser normaliser, float observation)
    {
        var normalised = new float[1];
        normaliser.Normalise([observation], normalised);
        return normalised[0];
    }
}
