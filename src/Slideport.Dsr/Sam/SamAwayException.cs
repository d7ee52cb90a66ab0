namespace Slideport.Dsr.Sam;

/// <summary>SAM could not be asked who somebody is.</summary>
internal sealed class SamAwayException(Exception inner) : Exception(inner.Message, inner);
