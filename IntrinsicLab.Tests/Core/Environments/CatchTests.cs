using IntrinsicLab.Core;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Environments.Classic;

namespace IntrinsicLab.Tests.Core.Environments;

public class CatchTests
{
    [Fact]
    public void Reset_ManyTimes_DropsBallsInEveryColumnAndCentresThePaddle()
    {
        using var environment = new Catch(new CatchConfig());
        var (rng, observation, columns) = (new Rng(1), new float[100], new HashSet<int>());
        for (var episode = 0; episode < 200; episode++)
        {
            environment.Reset(rng, observation);
            Assert.Equal(2, observation.Sum());
            Assert.Equal(1, observation[95]);
            columns.Add(Array.IndexOf(observation, 1f));
        }

        Assert.Equal(Enumerable.Range(0, 10), columns.Order());
    }

    [Fact]
    public void Step_FollowingTheBall_AlwaysCatches()
    {
        using var environment = new Catch(new CatchConfig());
        for (var seed = 0UL; seed < 50; seed++)
        {
            var (steps, last) = Play(environment, seed, (ball, paddle) => 1 + Math.Sign(ball - paddle));
            Assert.Equal((9, new StepResult(1, Terminated: true, Truncated: false)), (steps, last));
        }
    }

    [Fact]
    public void Step_HidingInACorner_MissesBallsElsewhere()
    {
        using var environment = new Catch(new CatchConfig());
        var rewards = Enumerable.Range(0, 200).Select(seed => Play(environment, (ulong)seed, (_, _) => 0).Last.Reward).ToList();

        Assert.InRange(rewards.Count(reward => reward == 1), 5, 40);
        Assert.Equal(200, rewards.Count(reward => Math.Abs(reward) == 1));
    }

    [Fact]
    public void Spec_OfOtherGrid_HasItsShape() => Assert.Equal([5, 3, 1], new Catch(new CatchConfig { Rows = 5, Columns = 3 }).Spec.Observation.Shape);

    private static (int Steps, StepResult Last) Play(Catch environment, ulong seed, Func<int, int, int> policy)
    {
        var observation = new float[100];
        environment.Reset(new Rng(seed), observation);
        var (steps, last) = (0, default(StepResult));
        while (!last.Ended)
        {
            var (ball, paddle) = (Array.IndexOf(observation, 1f) % 10, Array.LastIndexOf(observation, 1f) % 10);
            last = environment.Step([policy(ball, paddle)], observation);
            steps++;
        }
        return (steps, last);
    }
}
