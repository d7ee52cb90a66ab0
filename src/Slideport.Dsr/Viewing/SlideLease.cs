namespace Slideport.Dsr.Viewing;

/// <summary>A slide that stays open until this is disposed of.</summary>
/// <param name="slide">The slide.</param>
/// <param name="enter">Told when somebody else holds it, too.</param>
/// <param name="leave">Told once, when it is no longer read.</param>
/// <param name="forget">Told that it is of no more use: whoever wants it next opens it anew.</param>
internal sealed class SlideLease(OpenSlide slide, Action enter, Action leave, Action forget) : IDisposable
{
    private bool _isLeft;

    internal OpenSlide Slide => slide;

    /// <summary>Has the slide opened anew the next time: its files have changed, or its store was away.</summary>
    internal void Forget() => forget();

    /// <summary>The same slide for somebody who may need it longer.</summary>
    internal SlideLease Share()
    {
        enter();
        return new SlideLease(slide, enter, leave, forget);
    }

    public void Dispose()
    {
        if (_isLeft)
            return;
        _isLeft = true;
        leave();
    }
}
