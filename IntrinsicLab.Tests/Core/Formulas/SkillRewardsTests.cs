using IntrinsicLab.Core;
using IntrinsicLab.Core.Formulas;

namespace IntrinsicLab.Tests.Core.Formulas;

public class SkillRewardsTests
{
    [Theory]
    [InlineData(2, 0.693147)]
    [InlineData(5, 1.609438)]
    [InlineData(10, 2.302585)]
    [InlineData(50, 3.912023)]
    public void Categorical_OfUniformAndPerfectPosteriors_PaysNothingAndLogN(int skills, double logN)
    {
        var logits = new double[skills];
        Assert.Equal(0, SkillRewards.Categorical<double>(logits, 1), 14);

        logits[1] = 1000;

        Assert.Equal(logN, SkillRewards.Categorical<double>(logits, 1), 6);
    }

    [Theory]
    [InlineData(0, 0.928766)]
    [InlineData(1, -1.071234)]
    [InlineData(2, -2.071234)]
    public void Categorical_OfThreeLogits_IsWorkedOut(int skill, double expected)
    {
        Assert.Equal(expected, SkillRewards.Categorical<double>([2, 0, -1], skill), 6);
        Assert.Equal(expected, SkillRewards.Categorical<float>([2, 0, -1], skill), 5);
    }

    [Theory]
    [InlineData(0.3, 1.956363)]
    [InlineData(0.15, 3.342657)]
    public void Gaussian_AtItsMean_PaysMost(double deviation, double expected)
    {
        Assert.Equal(expected, SkillRewards.Gaussian([0.2f, -0.7f], [0.2f, -0.7f], deviation), 6);
        Assert.Equal(expected - 0.5, SkillRewards.Gaussian([0f, 0f], [(float)deviation, 0f], deviation), 6);
    }

    [Fact]
    public void Dynamics_OfThreeAlternatives_IsWorkedOut()
    {
        Assert.Equal(0.614257, SkillRewards.Dynamics(-0.5, [-0.5, -3, -3]), 6);
        Assert.Equal(0, SkillRewards.Dynamics(-2, [-2, -2]), 14);
        Assert.Equal(Math.Log(4), SkillRewards.Dynamics(0, [-900, -900, -900]), 12);
        Assert.Equal(Math.Log(2) - Math.Log(1 + Math.Exp(50)), SkillRewards.Dynamics(-1000, [0]), 12);
    }

    [Fact]
    public void Recognition_OfTwoDecoys_IsWorkedOut()
    {
        Assert.Equal(-0.158919, SkillRewards.Recognition(0.9, [0.2, -0.1]), 6);
        Assert.Equal(-Math.Log(3), SkillRewards.Recognition(0.4, [0.4, 0.4]), 12);
    }

    [Fact]
    public void Forward_OfSquaredDistances_IsTheLogPosteriorOfGaussians()
    {
        // The posterior of unit Gaussians with equal prior is softmax(−d²/2).
        Assert.Equal(SkillRewards.Categorical<double>([-0.5, -2, -4.5], 1), SkillRewards.Forward([1, 4, 9], 1), 12);
        Assert.Equal(0, SkillRewards.Forward([3, 3], 0), 12);
        Assert.Equal(Math.Log(2), SkillRewards.Forward([1e4, 1e6], 0), 12);
    }

    [Fact]
    public void Cosine_OfVectors_IsThatOfTheirAngle()
    {
        Assert.Equal(Math.Sqrt(0.5), SkillRewards.Cosine([2f, 0f], [3f, 3f]), 12);
        Assert.Equal(-1, SkillRewards.Cosine([1f, 2f], [-2f, -4f]), 12);
        Assert.Equal(0, SkillRewards.Cosine([0f, 0f], [1f, 1f]));
    }

    [Fact]
    public void Bound_OfRandomTables_IsTheInformationAtThePosteriorAndLessElsewhere()
    {
        var rng = new Rng(1);
        for (var draw = 0; draw < 1000; draw++)
        {
            var joint = Table(rng, 20);
            var exact = LogPosterior(joint, 5);
            var other = LogPosterior(Table(rng, 20), 5);

            var information = MutualInformation.Of(joint, 5);

            Assert.True(information >= 0);
            Assert.Equal(information, MutualInformation.Bound(joint, 5, exact), 10);
            Assert.True(MutualInformation.Bound(joint, 5, other) < information);
        }
    }

    [Fact]
    public void Information_AlongRandomChains_IsNeverGained()
    {
        // ω → s → g → s̃, five values each: I(s̃;ω) ≤ I(s̃;g).
        var rng = new Rng(2);
        for (var draw = 0; draw < 1000; draw++)
        {
            var (skill, state, goal, reached) = (Table(rng, 5), Rows(rng), Rows(rng), Rows(rng));
            var (toGoal, toReached) = (new double[25], new double[25]);
            var (skillAndReached, goalAndReached) = (new double[25], new double[25]);
            Multiply(state, goal, toGoal);
            Multiply(toGoal, reached, toReached);
            for (var at = 0; at < 25; at++)
            {
                skillAndReached[at] = skill[at / 5] * toReached[at];
                for (var from = 0; from < 5; from++)
                    goalAndReached[at] += skill[from] * toGoal[5 * from + at / 5] * reached[at];
            }

            Assert.True(MutualInformation.Of(skillAndReached, 5) <= MutualInformation.Of(goalAndReached, 5) + 1e-12);
        }
    }

    [Fact]
    public void EffectiveNumber_OfProbabilities_CountsTheEvenOnes()
    {
        Assert.Equal(4, MutualInformation.EffectiveNumber([0.25, 0.25, 0.25, 0.25]), 12);
        Assert.Equal(1, MutualInformation.EffectiveNumber([0, 1, 0]), 12);
    }

    // One decision among the leaves of a star, damped soft updates of the logits by what the exact posterior pays. Skills may collide on a leaf from
    // n = 4 on; with two, or with four and this much entropy, they hardly ever do.
    [Theory]
    [InlineData(2, 2, 0.1, 1.0)]
    [InlineData(2, 2, 0.9, 1.0)]
    [InlineData(4, 4, 0.5, 0.95)]
    [InlineData(4, 8, 0.5, 0.95)]
    public void SkillRewards_OnAStar_SpreadTheSkills(int skills, int leaves, double alpha, double share)
    {
        var spread = 0;
        for (var seed = 0; seed < 40; seed++)
            if (StarWorld(skills, leaves, alpha, new Rng((ulong)seed)) > Math.Log(skills) - 0.05)
                spread++;

        Assert.True(spread >= share * 40, $"{spread} of 40 seeds.");
    }

    private static double StarWorld(int skills, int leaves, double alpha, Rng rng)
    {
        var (logits, policy, column) = (new double[skills * leaves], new double[skills * leaves], new double[skills]);
        foreach (ref var logit in logits.AsSpan())
            logit = 0.1 * rng.NextGaussian();
        for (var sweep = 0; sweep <= 400; sweep++)
        {
            for (var skill = 0; skill < skills; skill++)
                Exploration.Boltzmann(logits.AsSpan(skill * leaves, leaves), 1, policy.AsSpan(skill * leaves, leaves));
            if (sweep == 400)
                break;
            for (var leaf = 0; leaf < leaves; leaf++)
            {
                for (var skill = 0; skill < skills; skill++)
                    column[skill] = Math.Log(policy[skill * leaves + leaf]);
                for (var skill = 0; skill < skills; skill++)
                    logits[skill * leaves + leaf] = 0.8 * logits[skill * leaves + leaf] + 0.2 * SkillRewards.Categorical<double>(column, skill) / alpha;
            }
        }
        foreach (ref var probability in policy.AsSpan())
            probability /= skills;
        return MutualInformation.Of(policy, leaves);
    }

    private static double[] Table(Rng rng, int size)
    {
        double[] table = [.. Enumerable.Range(0, size).Select(_ => -Math.Log(1 - rng.NextDouble()))];
        var sum = table.Sum();
        return [.. table.Select(value => value / sum)];
    }

    private static double[] Rows(Rng rng) => [.. Enumerable.Range(0, 5).SelectMany(_ => Table(rng, 5))];

    private static void Multiply(double[] left, double[] right, double[] product)
    {
        for (var at = 0; at < product.Length; at++)
            for (var inner = 0; inner < 5; inner++)
                product[at] += left[at / 5 * 5 + inner] * right[5 * inner + at % 5];
    }

    private static double[] LogPosterior(double[] joint, int columns)
    {
        var sums = new double[columns];
        for (var at = 0; at < joint.Length; at++)
            sums[at % columns] += joint[at];
        return [.. joint.Select((value, at) => Math.Log(value / sums[at % columns]))];
    }
}
