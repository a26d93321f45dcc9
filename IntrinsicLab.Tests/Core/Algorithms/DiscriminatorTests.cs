using IntrinsicLab.Core;
using IntrinsicLab.Core.Algorithms;

namespace IntrinsicLab.Tests.Core.Algorithms;

public class DiscriminatorTests
{
    private static readonly DiscriminatorSettings Few = new() { Skills = 4, Hidden = [16] };
    private static readonly DiscriminatorSettings Points = new() { Prior = SkillPrior.Uniform2d, Hidden = [16], Deviation = 0.3 };

    public static TheoryData<DiscriminatorSettings> Kinds => [Few, Points];

    private static (float[] States, float[] Skills) Batch(Discriminator discriminator, int rows, int seed = 3)
    {
        var rng = new Rng((ulong)seed);
        var (states, skills) = (new float[3 * rows], new float[discriminator.SkillValues * rows]);
        foreach (ref var value in states.AsSpan())
            value = (float)rng.NextGaussian();
        for (var row = 0; row < rows; row++)
            discriminator.Sample(rng, skills.AsSpan(row * discriminator.SkillValues, discriminator.SkillValues));
        return (states, skills);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Gradient_OfABatch_IsThatOfFiniteDifferences(DiscriminatorSettings settings)
    {
        using var discriminator = new Discriminator(settings, 3, new Rng(1));
        var (states, skills) = Batch(discriminator, 5);
        var (gradient, scratch) = (new float[discriminator.Parameters.Length], new float[discriminator.Parameters.Length]);
        discriminator.Gradient(states, skills, 5, gradient);
        const float Step = 2e-3f;

        for (var index = 0; index < gradient.Length; index += 7)
        {
            var kept = discriminator.Parameters[index];
            discriminator.Parameters[index] = kept + Step;
            var above = discriminator.Gradient(states, skills, 5, scratch).Loss;
            discriminator.Parameters[index] = kept - Step;
            var below = discriminator.Gradient(states, skills, 5, scratch).Loss;
            discriminator.Parameters[index] = kept;

            Assert.Equal((above - below) / (2 * Step), gradient[index], 0.004 + 0.01 * Math.Abs(gradient[index]));
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Rewards_OfABatch_AreLogPosteriorLessLogPrior(DiscriminatorSettings settings)
    {
        using var discriminator = new Discriminator(settings, 3, new Rng(1));
        var (states, skills) = Batch(discriminator, 70);
        var rewards = new float[70];

        var held = discriminator.Rewards(states, skills, rewards);

        for (var row = 0; row < 70; row++)
        {
            var skill = skills.AsSpan(row * discriminator.SkillValues, discriminator.SkillValues);
            var reward = discriminator.LogProbability(states.AsSpan(3 * row, 3), skill) - discriminator.LogPrior;
            held -= reward < -20 ? 1 : 0;
            Assert.Equal(Math.Max(-20, reward), rewards[row], 1e-4);
        }
        Assert.Equal(0, held);
        Assert.All(rewards, reward => Assert.True(reward <= discriminator.Highest));
    }

    [Fact]
    public void Rewards_OfAStateNeverThought_AreHeld()
    {
        using var discriminator = new Discriminator(Few with { Hidden = [] }, 3, new Rng(1));
        discriminator.Parameters.Clear();
        discriminator.Parameters[0] = 100;
        var rewards = new float[2];

        Assert.Equal(1, discriminator.Rewards([1, 0, 0, 1, 0, 0], [0, 1], rewards));
        Assert.Equal([(float)Math.Log(4), -20f], rewards);
    }

    [Fact]
    public void Posterior_OfUniformLogits_IsEvenAndPaysNothing()
    {
        using var discriminator = new Discriminator(Few, 3, new Rng(1));
        discriminator.Parameters.Clear();
        var (posterior, rewards) = (new double[4], new float[2]);

        discriminator.Posterior([1, 2, 3], posterior);
        discriminator.Rewards([1, 2, 3, -1, 0, 5], [0, 3], rewards);

        Assert.All(posterior, probability => Assert.Equal(0.25, probability, 6));
        Assert.Equal([0f, 0f], rewards);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Learn_SkillsThatAreWrittenIntoTheState_TellsThemApart(DiscriminatorSettings settings)
    {
        using var discriminator = new Discriminator(settings with { LearningRate = 0.01 }, 3, new Rng(1));
        var (states, skills) = Batch(discriminator, 64);
        for (var row = 0; row < 64; row++)
        {
            states.AsSpan(3 * row, 3).Clear();
            if (discriminator.IsCategorical)
                (states[3 * row], states[3 * row + 1]) = (skills[row] % 2, MathF.Floor(skills[row] / 2));
            else
                skills.AsSpan(2 * row, 2).CopyTo(states.AsSpan(3 * row));
        }
        var first = discriminator.Learn(states, skills, 64);
        for (var step = 0; step < 300; step++)
            discriminator.Learn(states, skills, 64);

        var last = discriminator.Learn(states, skills, 64);

        Assert.True(last.Accuracy > 0.95 && last.Loss < first.Loss - 0.5, $"{first} {last}");
        var found = new float[discriminator.SkillValues];
        discriminator.MostLikely(states.AsSpan(0, 3), found);
        Assert.Equal(skills[0], found[0], 0.3);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Load_SavedDiscriminator_LearnsOnBitForBit(DiscriminatorSettings settings)
    {
        using var one = new Discriminator(settings, 3, new Rng(1));
        using var other = new Discriminator(settings, 3, new Rng(2));
        var (states, skills) = Batch(one, 8);
        one.Learn(states, skills, 8);
        using var stream = new MemoryStream();
        using (var writer = new CheckpointWriter(stream))
            one.Save(writer);
        stream.Position = 0;
        using (var reader = new CheckpointReader(stream))
            other.Load(reader);

        Assert.Equal(one.Learn(states, skills, 8), other.Learn(states, skills, 8));
        Assert.True(one.Parameters.SequenceEqual(other.Parameters));
    }
}
