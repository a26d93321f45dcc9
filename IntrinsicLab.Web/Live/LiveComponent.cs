using Microsoft.AspNetCore.Components;

namespace IntrinsicLab.Web.Live;

/// <summary>A component that renders again when the state of the lab changes, at most once a second.</summary>
public abstract class LiveComponent : ComponentBase, IDisposable
{
    private int pending;

    [Inject]
    protected RunFeed Feed { get; set; } = null!;

    protected LabSnapshot Lab { get; private set; } = LabSnapshot.Empty;

    protected override void OnInitialized()
    {
        Lab = Feed.Now;
        if (RendererInfo.IsInteractive)
            Feed.Changed += Receive;
    }

    /// <summary>Reads what else the component shows; runs on its dispatcher before it renders.</summary>
    protected virtual Task OnLabChanged(LabSnapshot before) => Task.CompletedTask;

    public virtual void Dispose()
    {
        Feed.Changed -= Receive;
        GC.SuppressFinalize(this);
    }

    // A page that is slow to render skips moments instead of queueing them.
    private void Receive(LabSnapshot snapshot)
    {
        if (Interlocked.Exchange(ref pending, 1) == 1)
            return;
        _ = InvokeAsync(async () =>
        {
            var before = Lab;
            Lab = Feed.Now;
            try
            {
                await OnLabChanged(before);
                StateHasChanged();
            }
            catch (Exception exception)
            {
                await DispatchExceptionAsync(exception);
            }
            finally
            {
                Interlocked.Exchange(ref pending, 0);
            }
        });
    }
}
