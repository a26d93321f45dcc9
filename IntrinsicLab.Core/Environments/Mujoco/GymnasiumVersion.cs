namespace IntrinsicLab.Core.Environments.Mujoco;

/// <summary>Which of Gymnasium's rules hold; bodies and dynamics are the same, except for the friction of Walker2d's right foot.</summary>
public enum GymnasiumVersion
{
    /// <summary>Rules of v4, which most published scores use: the reward for staying healthy is paid on every step, a fall included.</summary>
    V4,

    /// <summary>Rules of v5: that reward is paid on healthy steps only; some observations are shorter, some costs added.</summary>
    V5,
}
