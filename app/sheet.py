"""The style sheet: flat, hairlines instead of boxes, one accent. Rules choose by class and by the `role` property."""

from __future__ import annotations

from string import Template

_SHEET = Template("""
* { outline: none; }
QMainWindow, QDialog, QWizard { background: $window; }
QMainWindow::separator { background: $line; width: 1px; height: 1px; }
QMainWindow::separator:hover { background: $accent; }
QSplitter::handle { background: $line; }
QSplitter::handle:horizontal { width: 1px; }
QSplitter::handle:vertical { height: 1px; }

QToolTip { background: $raised; color: $text; border: 1px solid $edge; padding: 4px 6px; }

QMenuBar { background: $window; border: 0; padding: 0; }
QMenuBar::item { padding: 4px 8px; background: transparent; }
QMenuBar::item:selected { background: $hover; }
QMenu { background: $window; border: 1px solid $edge; padding: 4px 0; }
QMenu::item { padding: 4px 24px 4px 12px; }
QMenu::item:selected { background: $selection; color: $selection_text; }
QMenu::item:disabled { color: $faint; }
QMenu::separator { height: 1px; background: $line; margin: 4px 0; }
QMenu::icon { padding-left: 8px; }

QToolBar { background: $window; border: 0; border-bottom: 1px solid $line; spacing: 0; padding: 0; }
QToolBar::separator { background: transparent; width: 8px; }
QStatusBar { background: $window; border-top: 1px solid $line; min-height: 23px; max-height: 23px; }
QStatusBar::item { border: 0; }

QDockWidget { border: 0; }
QWidget[role="chrome"] { background: $window; }
QWidget[role="content"] { background: $panel; }
QWidget[role="head"] { background: $window; border: 0; border-bottom: 1px solid $line; }
QWidget[role="strip"] { background: $window; border: 0; border-bottom: 1px solid $line; }
QWidget[role="card"] { background: $window; border: 1px solid $line; border-radius: 6px; }
QWidget[role="card"]:hover { border-color: $edge; }
QFrame[role="line"] { background: $line; border: 0; min-height: 1px; max-height: 1px; }

QLabel { background: transparent; }
QLabel[role="head"] { color: $dim; font-size: 12px; font-weight: bold; border: 0; background: transparent; }
QLabel[role="dim"] { color: $dim; }
QLabel[role="faint"] { color: $faint; }
QLabel[role="small"] { color: $dim; font-size: 12px; }
QLabel[role="mono"] { font-family: "$mono"; font-size: 12px; }
QLabel[role="mono-dim"] { font-family: "$mono"; font-size: 12px; color: $dim; }
QLabel[role="value"] { font-family: "$mono"; font-size: 12px; font-weight: bold; }
QLabel[role="strong"] { font-weight: bold; }
QLabel[role="title"] { font-size: 20px; font-weight: bold; }
QLabel[role="error"] { color: $error; }
QLabel[role="error-strong"] { color: $error; font-weight: bold; }
QLabel[role="error-small"] { color: $error; font-size: 12px; }
QLabel[role="warn-strong"] { color: $warn; font-weight: bold; }
QLabel[role="warn-small"] { color: $warn; font-size: 12px; }
QLabel[role="fault-small"] { color: $fault; font-size: 12px; }
QLabel[role="warn"] { color: $warn; }
QLabel[role="ok"] { color: $ok; }
QLabel[role="keycap"] { font-family: "$mono"; font-size: 11px; color: $dim; border: 1px solid $edge; border-radius: 3px;
  padding: 0 4px; }

QPushButton { background: $panel; border: 1px solid $edge; border-radius: 4px; padding: 2px 8px; min-height: 18px; }
QPushButton:hover { background: $raised; }
QPushButton:pressed { background: $selection; }
QPushButton:focus { border-color: $accent; }
QPushButton:disabled { color: $faint; border-color: $line; background: $window; }
QPushButton:checked { border-color: $accent; color: $accent; }
QPushButton[role="primary"] { background: $accent; color: $accent_text; border-color: $accent; font-weight: bold; }
QPushButton[role="primary"]:focus { border-color: $text; }
QPushButton[role="primary"]:disabled { background: $line; border-color: $line; color: $faint; }
QToolButton[role="stage"], QToolButton[role="stage-gated"], QToolButton[role="stage-held"] { padding: 2px 6px;
  border: 1px solid $line; border-radius: 3px; }
QToolButton[role="stage-gated"] { border-color: $warn; }
QToolButton[role="stage-held"] { border-color: $warn; color: $warn; font-weight: bold; }
QPushButton[role="chip-warn"] { border-color: $warn; color: $warn; }
QPushButton[role="chip-fault"] { border-color: $fault; color: $fault; }
QPushButton[role="chip-off"] { color: $dim; }
QPushButton[role="status-dim"], QPushButton[role="status-warn"] { background: transparent;
  border: 1px solid transparent;
  padding: 0 4px; color: $dim; }
QPushButton[role="status-warn"] { color: $warn; }
QPushButton[role="status-dim"]:focus, QPushButton[role="status-warn"]:focus { border-color: $accent; }
QPushButton[role="status-dim"]:hover, QPushButton[role="status-warn"]:hover { color: $text; }
QPushButton[role="link"] { background: transparent; border: 0; color: $accent; padding: 0 2px; }
QPushButton[role="link"]:focus { text-decoration: underline; }
QPushButton[role="flat"], QToolButton { background: transparent; border: 1px solid transparent; border-radius: 4px;
  padding: 2px 4px; }
QPushButton[role="flat"]:hover, QToolButton:hover { background: $hover; }
QPushButton[role="flat"]:focus, QToolButton:focus { border-color: $accent; }
QPushButton[role="flat"]:checked, QToolButton:checked { color: $accent; background: transparent;
  border-color: transparent; }
QToolButton:disabled { color: $faint; }
QToolButton::menu-indicator { image: none; }
QToolButton[role="perspective"] { padding: 2px 3px; color: $dim; }
QToolButton[role="perspective"]:checked { color: $text; font-weight: bold; }
QToolButton[role="perspective"]:disabled { color: $faint; }

QLineEdit, QPlainTextEdit, QTextEdit, QSpinBox, QDoubleSpinBox, QComboBox, QKeySequenceEdit {
  background: $panel; border: 1px solid $line; border-radius: 4px; padding: 2px 6px; min-height: 18px;
  selection-background-color: $accent; selection-color: $accent_text; }
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus, QComboBox:focus {
  border-color: $accent; }
QLineEdit[role="mono"], QPlainTextEdit[role="mono"], QTextEdit[role="mono"] { font-family: "$mono"; font-size: 12px; }
QLineEdit[state="good"] { border-color: $ok; }
QLineEdit[state="bad"] { border-color: $error; }
QPlainTextEdit[role="bare"], QTextEdit[role="bare"] { border: 0; border-radius: 0; }
QAbstractSpinBox QLineEdit, QComboBox QLineEdit { border: 0; padding: 0 6px; min-height: 0; background: transparent; }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button { width: 0; border: 0; }
QLineEdit[role="slim"] { min-height: 14px; padding: 1px 6px; }
QComboBox::drop-down { border: 0; width: 18px; }
QComboBox QAbstractItemView { background: $window; border: 1px solid $edge; selection-background-color: $selection;
  selection-color: $selection_text; }
QComboBox::down-arrow { image: url($arrow); width: 12px; height: 12px; }
QCheckBox, QRadioButton { spacing: 6px; background: transparent; }
QCheckBox::indicator, QRadioButton::indicator { width: 12px; height: 12px; background: $panel;
  border: 1px solid $faint; }
QTableView::indicator { width: 12px; height: 12px; background: $panel; border: 1px solid $dim; border-radius: 3px; }
QTableView::indicator:checked { background: $accent; border-color: $accent; image: url($check); }
QCheckBox::indicator { border-radius: 3px; }
QRadioButton::indicator { border-radius: 7px; }
QCheckBox::indicator:hover, QRadioButton::indicator:hover, QCheckBox::indicator:focus, QRadioButton::indicator:focus {
  border-color: $accent; }
QCheckBox::indicator:checked { background: $accent; border-color: $accent; image: url($check); }
QRadioButton::indicator:checked { width: 4px; height: 4px; border: 5px solid $accent; background: $accent_text; }
QCheckBox::indicator:disabled, QRadioButton::indicator:disabled { border-color: $line; background: $window; }
QCheckBox:focus, QRadioButton:focus { color: $accent; }
QGroupBox { border: 0; border-top: 1px solid $line; margin-top: 18px; padding-top: 6px; }
QGroupBox::title { subcontrol-origin: margin; left: 0; color: $dim; font-weight: bold; }

QAbstractItemView { background: $panel; border: 0; gridline-color: transparent; alternate-background-color: $panel;
  selection-background-color: $selection; selection-color: $selection_text; }
QAbstractItemView[role="chrome"] { background: $window; }
QAbstractItemView::item { border: 0; padding: 0 4px; }
QAbstractItemView::item:selected { background: $selection; color: $selection_text; }
QHeaderView { background: $panel; border: 0; }
QHeaderView::section { background: $panel; color: $dim; border: 0; border-bottom: 1px solid $line; padding: 0 4px;
  height: 21px; font-weight: normal; }
QHeaderView::section:hover { color: $text; }
QHeaderView::up-arrow, QHeaderView::down-arrow { width: 0; height: 0; }
QTableCornerButton::section { background: $panel; border: 0; }

QTabWidget::pane { border: 0; border-top: 1px solid $line; }
QTabBar { background: $window; font-weight: bold; font-size: 12px; qproperty-drawBase: 0; qproperty-elideMode: 3; }
QTabBar::tab { background: $window; color: $dim; border: 0; border-bottom: 2px solid transparent; padding: 3px 4px;
  margin: 0 6px; min-height: 18px; }
QTabBar::tab:hover { color: $text; }
QTabBar::tab:selected { color: $text; border-bottom: 2px solid $accent; }
QTabBar::tab:focus { color: $accent; }
QTabBar::tab:disabled { color: $faint; }

QScrollArea { border: 0; background: transparent; }
QAbstractScrollArea::corner { background: $panel; border: 0; }
QScrollBar:vertical { background: transparent; width: 10px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 10px; margin: 0; }
QScrollBar::handle { background: $edge; border-radius: 3px; margin: 2px; min-height: 24px; min-width: 24px; }
QScrollBar::handle:hover { background: $faint; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QProgressBar { background: $line; border: 0; border-radius: 2px; max-height: 4px; }
QProgressBar::chunk { background: $accent; border-radius: 2px; }
""")


def style_sheet(tokens: dict[str, str]) -> str:
    """The whole sheet for one theme's colours."""
    return _SHEET.substitute(tokens)
