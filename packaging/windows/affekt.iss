; Inno Setup 6: after `make package` in Git Bash,  iscc /DVersion=0.1.0 packaging\windows\affekt.iss
; Installs for the current user by default, so that no administrator is needed.

#ifndef Version
  #error Name the version: iscc /DVersion=... packaging\windows\affekt.iss
#endif

[Setup]
AppId={{7C0B7B54-7C27-4C5B-9B1D-1D6B1F2E8A60}
AppName=Affekt
AppVersion={#Version}
AppPublisher=The Affekt developers
DefaultDirName={autopf}\Affekt
DefaultGroupName=Affekt
DisableProgramGroupPage=yes
PrivilegesRequired=lowest
PrivilegesRequiredOverridesAllowed=dialog
ArchitecturesAllowed=x64compatible
ArchitecturesInstallIn64BitMode=x64compatible
LicenseFile=..\..\LICENSE
OutputDir=..\..\dist
OutputBaseFilename=affekt-{#Version}-windows-x64
Compression=lzma2/max
SolidCompression=yes
WizardStyle=modern
UninstallDisplayIcon={app}\affekt-window.exe

[Files]
Source: "..\..\dist\affekt\*"; DestDir: "{app}"; Flags: recursesubdirs ignoreversion

[Tasks]
Name: desktopicon; Description: "{cm:CreateDesktopIcon}"; Flags: unchecked

[Icons]
Name: "{group}\Affekt"; Filename: "{app}\affekt-window.exe"
Name: "{autodesktop}\Affekt"; Filename: "{app}\affekt-window.exe"; Tasks: desktopicon

[Run]
Filename: "{app}\affekt-window.exe"; Description: "{cm:LaunchProgram,Affekt}"; Flags: nowait postinstall skipifsilent
