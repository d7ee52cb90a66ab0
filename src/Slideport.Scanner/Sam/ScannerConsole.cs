using System.Net;
using Slideport.Protocol;
using Slideport.Protocol.Configuration;
using Slideport.Protocol.Pins;

namespace Slideport.Scanner.Sam;

/// <summary>
/// The scanner's console, as page <i>PIN Management</i> wants it: locked until somebody enters his PIN, and again when nobody has touched it for
/// a while. Loading a rack is a touch. Safe for concurrent use.
/// </summary>
public sealed class ScannerConsole
{
    private readonly Func<SamClient> _sam;
    private readonly Func<PinManagementSettings> _settings;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new(); // guards _holder and _touchedAt
    private PinHolder? _holder;
    private long _touchedAt;

    internal ScannerConsole(Func<SamClient> sam, Func<PinManagementSettings> settings, TimeProvider time) => (_sam, _settings, _time) = (sam, settings, time);

    /// <summary>Whether a PIN must be entered before anything else can be done.</summary>
    public bool IsLocked
    {
        get
        {
            lock (_lock)
                return _settings().RequirePin && Present() is null;
        }
    }

    /// <summary>Whose PIN was entered; null while nobody's is needed, or the console is locked.</summary>
    public PinHolder? Holder
    {
        get
        {
            lock (_lock)
                return Present();
        }
    }

    /// <summary>Asks SAM whose PIN it is, and unlocks the console for him.</summary>
    /// <exception cref="ConsoleLockedException">Nobody's, or too many wrong ones were entered; SAM's sentence says which.</exception>
    /// <exception cref="HttpRequestException">SAM cannot be reached: nobody comes in meanwhile.</exception>
    public async Task<PinHolder> UnlockAsync(string pin, CancellationToken cancellationToken)
    {
        PinHolder holder;
        try
        {
            holder = await _sam().EnterPinAsync(pin, cancellationToken);
        }
        catch (SamException e) when (e.Status is HttpStatusCode.Forbidden or HttpStatusCode.UnprocessableEntity or HttpStatusCode.TooManyRequests)
        {
            throw new ConsoleLockedException($"The console stays locked. {e.Message}", e);
        }

        lock (_lock)
            (_holder, _touchedAt) = (holder, _time.GetTimestamp());
        return holder;
    }

    /// <summary>Somebody does something at the console.</summary>
    /// <exception cref="ConsoleLockedException">It is locked.</exception>
    public void Touch()
    {
        lock (_lock)
        {
            if (_settings().RequirePin && Present() is null)
                throw new ConsoleLockedException("The console is locked: enter a PIN. Lab Admins give them with 'slideport pin set', or switch them off with pinManagement.requirePin=false.");
            _touchedAt = _time.GetTimestamp();
        }
    }

    // What SAM says now counts, not what it said when the PIN was entered.
    private PinHolder? Present()
    {
        if (_holder is not null && _time.GetElapsedTime(_touchedAt) >= TimeSpan.FromMinutes(_settings().ConsoleLockMinutes))
            _holder = null;
        return _holder;
    }
}
