namespace IntrinsicLab.Web.Components;

/// <summary>The name of what the current page shows, for the breadcrumb; pages about one thing set it.</summary>
public sealed class Here
{
    public string? Name { get; private set; }

    public event Action? Changed;

    public void Is(string? name)
    {
        if (name == Name)
            return;
        Name = name;
        Changed?.Invoke();
    }
}
