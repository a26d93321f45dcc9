namespace IntrinsicLab.Core.Environments.Navigation;

/// <summary>Where an episode's goal is.</summary>
public enum GoalPlacement
{
    /// <summary>Anywhere, drawn anew each episode.</summary>
    Uniform,

    /// <summary>Where the map is hard: behind a wall, or at the far ends of a maze; drawn anew each episode.</summary>
    Hard,

    /// <summary>At the point that the parameters name.</summary>
    Given,
}
