using IntrinsicLab.Core.Environments;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>
/// Episodes of each tried skill with actions drawn as in training, for pictures: how far a skill repeats itself. Their starts and draws are the same at
/// every moment of a run. None where a step costs more than a picture is worth.
/// </summary>
/// <param name="skills">Whose skills.</param>
/// <param name="trial">Which skills.</param>
/// <param name="environments">Makes the world.</param>
/// <param name="rng">Source of starts and actions.</param>
internal sealed class SkillEpisodes(SkillLearner skills, SkillTrial trial, EnvironmentFactory environments, Rng rng)
{
    // Steps that a picture may take in all.
    private const int MostSteps = 60_000;

    /// <summary>How many of each skill can be had.</summary>
    /// <param name="wanted">How many would be welcome.</param>
    public int Affordable(int wanted) => environments.Spec.CostlyStep || environments.Spec.Elsewhere
        ? 0
        : Math.Clamp(MostSteps / (trial.Count * skills.World.Longest), 1, wanted);

    /// <summary>Plays them, one skill after the other; changes nothing that training depends on.</summary>
    /// <param name="each">Episodes of each skill.</param>
    public IEnumerable<(int Skill, GoalPath Path)> Play(int each)
    {
        using var world = new GoalWorld(environments, rng.Split("starts"), skills.World.Longest);
        var (draws, size, action) = (rng.Split("actions"), skills.Discriminator.SkillValues, new float[environments.Spec.Action.Size]);
        for (var skill = 0; skill < trial.Count; skill++)
            for (var episode = 0; episode < each; episode++)
            {
                var path = new GoalPath(world.StateSize, world.GoalSize);
                world.Begin();
                path.Add(world);
                while (!world.Ended)
                {
                    skills.Agent.Act(world.State, trial.Skills.AsSpan(skill * size, size), draws, action);
                    world.Step(action);
                    path.Add(world);
                }
                yield return (skill, path);
            }
    }
}
